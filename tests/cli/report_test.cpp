// Reports on the command line, and rendered by a browser and LaTeX.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/run_wsel.h"
#include "report/made_runs.h"
#include "wsel/image/decode.h"

namespace wsel {
namespace {

using nlohmann::json;
using report::MakeSweepRun;
using report::Write;
using testing::HasSubstr;
using testing::Not;

bool IsInstalled(const char* program) {
  return std::system(
             fmt::format("command -v {} >/dev/null", program).c_str()) == 0;
}

// A sweep of three initialisations on two data sets, seeds 0 to 2; one run
// failed and one is running. Unescaped, the names would inject script into a
// page.
class ReportCommand : public testing::Test {
 protected:
  static constexpr const char* kHostile =
      "<script>document.title='owned'</script><img src=x onerror=alert(1)>";

  ReportCommand() {
    Write(folder_ / "s/sweep.json",
          R"({"name": "inits <b>&amp;", "axes": {"init": {"random": {}, )"
          R"("uniform": {}}, "data": ["cifar100", "pets"]}, )"
          R"("report": {"rows": ["init"], "columns": ["data"], )"
          R"("baseline": "random"}})");
    for (int seed : {0, 1, 2}) {
      AddSeed(seed);
    }
  }

  void AddSeed(int seed) {
    const double more = 0.8 * seed;
    Add("random", "cifar100", seed, {20 + more, 41, 52 - more, 58.5 + more});
    Add("uniform", "cifar100", seed, {45 + more, 61, 66 - more, 68.5 - more});
    Add("random", "pets", seed, {8, 14 + more, 19, 22 + more});
    Add(kHostile, "pets", seed, {12, 15 + more, 19, 21.5 + more});
    if (seed < 2) {
      Add("uniform", "pets", seed, {20, 31 + more, 39, 44 + 2 * more});
    } else {
      Add("uniform", "pets", seed, {}, "failed",
          R"(, "error": "</pre><script>x</script> no memory", )"
          R"("log_tail": "epoch 1\nkilled")");
    }
    Add(kHostile, "cifar100", seed, {}, seed == 0 ? "running" : "waiting");
  }

  void Add(const std::string& init, const std::string& data, int seed,
           const std::vector<double>& top1,
           const std::string& state = "finished",
           const std::string& more = "") {
    const auto name =
        fmt::format("{}-{}-{}", init == kHostile ? "x" : init, data, seed);
    MakeSweepRun(
        folder_ / "s", name,
        fmt::format(R"("init": {}, "data": "{}")", json(init).dump(), data),
        seed, state, top1, more);
  }

  Outcome Run(const std::vector<std::string>& args) const {
    return RunWsel(folder_, args);
  }

  // Chromium's stdout for a page in the folder; its home is the folder.
  std::string Browse(const std::string& options, const char* page) const {
    const std::string line = fmt::format(
        "cd '{0}' && HOME='{0}' timeout 120 chromium --headless --no-sandbox "
        "--disable-gpu --disable-dev-shm-usage --hide-scrollbars {1} "
        "'file://{0}/{2}' >.dom 2>.chromium",
        folder_.path().string(), options, page);
    EXPECT_EQ(std::system(line.c_str()), 0) << ReadAll(folder_ / ".chromium");
    return ReadAll(folder_ / ".dom");
  }

  TempFolder folder_;
};

// Pixels of about this colour.
int64_t CountPixels(const image::Image& image, image::Rgb colour) {
  int64_t count = 0;
  const auto bytes = image.bytes();
  for (size_t i = 0; i + 2 < bytes.size(); i += 3) {
    int distance = 0;
    for (size_t c = 0; c < 3; ++c) {
      distance += std::abs(bytes[i + c] - colour[c]);
    }
    if (distance < 24) ++count;
  }
  return count;
}

TEST_F(ReportCommand, PrintsMarkdown) {
  const Outcome outcome = Run({"report", "s"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("14 of 18 runs are finished; 1 running, "
                                     "1 failed, 2 waiting."));
}

TEST_F(ReportCommand, TheExtensionOfTheOutputDeterminesTheFormat) {
  for (const auto& [name, sign] :
       std::vector<std::pair<std::string, std::string>>{
           {"r.md", "# inits"},
           {"r.csv", "init,data,runs"},
           {"r.tex", "\\toprule"},
           {"r.json", "\"cells\""},
           {"r.html", "<!DOCTYPE html>"},
           {"r.svg", "<svg"}}) {
    const Outcome outcome = Run({"report", "s", "--output", name});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(ReadAll(folder_ / name), HasSubstr(sign));
  }
  EXPECT_THAT(Run({"report", "s", "--format", "csv"}).out,
              HasSubstr("init,data,runs"));
}

TEST_F(ReportCommand, FailsForBadInput) {
  const auto fails = [&](std::vector<std::string> args, int code,
                         const char* part) {
    args.insert(args.begin(), "report");
    const Outcome outcome = Run(args);
    EXPECT_EQ(outcome.exit_code, code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(part));
  };
  fails({}, 2, "DIR");
  fails({"none"}, 4, "none");
  fails({"s", "--format", "markdwn"}, 2, "did you mean 'markdown'?");
  fails({"s", "--output", "r.doc"}, 2, ".md, .csv");
  fails({"s", "--baseline", "unifrm"}, 2, "did you mean 'uniform'?");
  fails({"s", "--rows", "dat"}, 2, "did you mean 'data'?");
  fails({"s", "--target-accuracy", "50,500"}, 2, "500");
  fails({"s", "--format", "png"}, 2, "--output");
  Write(folder_ / "corrupt/summary.csv", "epoch,eval_top1\n1,x\n");
  fails({"corrupt"}, 5, "summary.csv:2");
}

TEST_F(ReportCommand, ACorruptRunDoesNotTakeDownTheOthers) {
  Write(folder_ / "corrupt/summary.csv", "epoch,eval_top1\n1,x\n");
  const Outcome outcome = Run({"report", "s", "corrupt", "--format", "json"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("summary.csv:2"));
  const json all = json::parse(outcome.out);
  EXPECT_EQ(all["unread"].size(), 1U);
  EXPECT_FALSE(all["runs"].empty());
}

TEST_F(ReportCommand, TakesRowsColumnsAndAccuracies) {
  const json all = json::parse(
      Run({"report", "s", "--format", "json", "--rows", "data", "--columns",
           "init", "--baseline", "pets", "--target-accuracy", "40"})
          .out);
  EXPECT_EQ(all["baseline"], "pets");
  const json& cell = all["cells"][0];
  EXPECT_EQ(cell["row"], json({{"data", "cifar100"}}));
  EXPECT_EQ(cell["column"], json({{"init", "random"}}));
  EXPECT_EQ(cell["epochs_to_accuracy"].size(), 1U);
  EXPECT_EQ(cell["epochs_to_accuracy"][0]["epochs"]["mean"], 2);
}

TEST_F(ReportCommand, LatexCompiles) {
  if (!IsInstalled("pdflatex")) GTEST_SKIP() << "pdflatex is not installed";
  ASSERT_EQ(Run({"report", "s", "--output", "r.tex"}).exit_code, 0);
  Write(folder_ / "doc.tex",
        "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n"
        "\\usepackage{booktabs}\n\\begin{document}\n\\input{r}\n"
        "\\end{document}\n");
  const std::string line = fmt::format(
      "cd '{}' && pdflatex -interaction=nonstopmode "
      "-halt-on-error doc >.latex 2>&1",
      folder_.path().string());
  const int status = std::system(line.c_str());
  if (ReadAll(folder_ / ".latex").find("booktabs.sty' not found") !=
      std::string::npos) {
    GTEST_SKIP() << "LaTeX has no booktabs";
  }
  EXPECT_EQ(status, 0) << ReadAll(folder_ / ".latex");
  EXPECT_GT(ReadAll(folder_ / "doc.pdf").size(), 1000U);
}

TEST_F(ReportCommand, DrawsPlots) {
  if (!IsInstalled("gnuplot")) GTEST_SKIP() << "gnuplot is not installed";
  const Outcome outcome = Run({"report", "s", "--output", "r.png"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto plot = image::DecodeFile(folder_ / "r.png");
  EXPECT_TRUE(plot.intact());
  EXPECT_EQ(plot.image.width(), 1280);
  EXPECT_GT(CountPixels(plot.image, {0x00, 0x72, 0xb2}), 300);
}

TEST_F(ReportCommand, ABrowserShowsThePage) {
  if (!IsInstalled("chromium")) GTEST_SKIP() << "chromium is not installed";
  ASSERT_EQ(Run({"report", "s", "--output", "r.html"}).exit_code, 0);
  const std::string dom = Browse("--dump-dom", "r.html");
  EXPECT_THAT(dom, HasSubstr("<title>inits &lt;b&gt;&amp;amp;</title>"));
  EXPECT_THAT(dom, HasSubstr("<b>67.70"));
  EXPECT_THAT(dom, HasSubstr("fill-opacity"));
  // The names are escaped.
  EXPECT_THAT(dom, Not(HasSubstr("<script")));
  EXPECT_THAT(dom, Not(HasSubstr("<img")));
  EXPECT_THAT(dom, HasSubstr("&lt;img src=x onerror=alert(1)&gt;"));

  Browse("--window-size=1100,1600 --screenshot=r.png", "r.html");
  const auto shown = image::DecodeFile(folder_ / "r.png").image;
  ASSERT_EQ(shown.width(), 1100);
  EXPECT_GT(CountPixels(shown, {255, 255, 255}), 1100 * 1600 / 2);
  for (const image::Rgb colour :
       {image::Rgb{0x6b, 0x6b, 0x6b}, image::Rgb{0x00, 0x72, 0xb2},
        image::Rgb{0xd5, 0x5e, 0x00}}) {
    EXPECT_GT(CountPixels(shown, colour), 200);  // a line of each row
  }
}

}  // namespace
}  // namespace wsel
