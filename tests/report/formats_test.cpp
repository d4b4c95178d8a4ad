#include "wsel/report/formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>

#include "core/child_process.h"
#include "report/made_runs.h"
#include "temp_folder.h"
#include "throws.h"
#include "wsel/plot/gnuplot.h"

namespace wsel::report {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kHostile =
    R"(<script>alert(1)</script>|`*[x](y)_&\%$#{}^~")";

// Two initialisations, two seeds; one label has the special characters of every
// format.
class Formats : public testing::Test {
 protected:
  Formats() {
    for (int seed : {0, 1}) {
      Add("random", seed, {40.0 + seed, 50.0 + seed});
      Add(kHostile, seed, {60.0 + seed, 70.0 + 2 * seed});
    }
    Write(folder_ / "s/sweep.json",
          R"({"name": "a | <b>", "about": "x & <y>\nz"})");
    report_ = MakeReport(ReadExperiment({folder_ / "s"}), {});
    report_.version = "1.0";
    report_.command = "wsel report s";
  }
  void Add(const std::string& init, int seed, const std::vector<double>& top1) {
    MakeSweepRun(folder_ / "s", fmt::format("{}-{}", init == kHostile, seed),
                 fmt::format(R"("init": {})", json(init).dump()), seed,
                 "finished", top1);
  }
  TempFolder folder_;
  Report report_;
};

TEST(FormatFor, IsTheNamedOneOrThatOfTheFile) {
  EXPECT_EQ(FormatFor("csv", "report.html"), Format::kCsv);
  EXPECT_EQ(FormatFor("", "report.html"), Format::kHtml);
  EXPECT_EQ(FormatFor("", ""), Format::kMarkdown);
  ExpectError([] { FormatFor("png", ""); }, ErrorKind::kUsage,
              {"output: is missing: the PNG file"});
  ExpectError([] { FormatFor("docx", ""); }, ErrorKind::kUsage, {"format"});
}

TEST(ReportOptions, TargetsArePercentages) {
  EXPECT_NO_THROW(Validate({.target_accuracies = {0.5, 100}}));
  for (const double bad : {0.0, -1.0, 100.5}) {
    ExpectError(
        [&] {
          Validate({.target_accuracies = {50, bad}});
        },
        ErrorKind::kUsage, {"target_accuracy: expected"});
  }
}

TEST_F(Formats, Markdown) {
  const std::string text = ToMarkdown(report_);
  EXPECT_THAT(text, HasSubstr("# a \\| \\<b\\>\n\nx \\& \\<y\\> z\n\n"));
  EXPECT_THAT(text, HasSubstr("| random | 50.50 \u00B1 0.71 |"));
  EXPECT_THAT(text, HasSubstr("**71.00 \u00B1 1.41** (\u219120.50) |"));
  EXPECT_THAT(text, HasSubstr("| \\<script\\>alert(1)\\</script\\>\\|\\`"));
  EXPECT_THAT(text, HasSubstr("wsel 1.0, `wsel report s`"));
}

TEST_F(Formats, Csv) {
  const std::string text = ToCsv(report_);
  EXPECT_THAT(text, HasSubstr("init,runs,n,last_top1,last_top1_std,"));
  EXPECT_THAT(text, HasSubstr("\nrandom,2,2,50.5,0.7071067811865476,"));
  EXPECT_THAT(text, HasSubstr("{}^~\"\"\",2,2,71,"));
  EXPECT_THAT(text, HasSubstr(",20.5,2,20.5,"));
}

TEST_F(Formats, LatexEscapesEverySpecialCharacter) {
  const std::string text = ToLatex(report_);
  EXPECT_THAT(text, HasSubstr("\\textbf{71.00 $\\pm$ 1.41}"));
  EXPECT_THAT(text, HasSubstr("$\\uparrow$20.50"));
  EXPECT_THAT(
      text,
      HasSubstr("\\textless{}script\\textgreater{}alert(1)\\textless{}/script"
                "\\textgreater{}\\textbar{}`*[x](y)\\_\\&\\textbackslash{}\\%"
                "\\$\\#\\{\\}\\textasciicircum{}\\textasciitilde{}"
                "\\textquotedbl{}"));
}

TEST_F(Formats, JsonHasRunsCellsAndCurves) {
  const json all = json::parse(ToJson(report_));
  EXPECT_EQ(all["baseline"], "random");
  EXPECT_EQ(all["about"], "x & <y> z");
  EXPECT_EQ(all["runs"].size(), 4U);
  ASSERT_EQ(all["cells"].size(), 2U);
  const json& cell = all["cells"][1];
  EXPECT_EQ(cell["row"]["init"], kHostile);
  EXPECT_EQ(cell["last_top1"]["mean"], 71);
  EXPECT_EQ(cell["last_top1"]["against_baseline"]["pairs"], 2);
  EXPECT_TRUE(cell["last_top1"]["against_baseline"]["unpaired_seeds"].empty());
  EXPECT_EQ(cell["curve"][0]["epoch"], 1);
  EXPECT_EQ(cell["curve"][0]["mean"], 60.5);
}

TEST_F(Formats, HtmlIsOnePageWithoutScripts) {
  const std::string page = ToHtml(report_);
  EXPECT_THAT(page, HasSubstr("<h1>a | &lt;b&gt;</h1>\n<p>x &amp; &lt;y&gt; "
                              "z</p>\n"));
  EXPECT_THAT(page, HasSubstr("<b>71.00 \u00B1 1.41</b>"));
  if (plot::RunGnuplot("")) {
    EXPECT_THAT(page, HasSubstr("<svg"));
    EXPECT_THAT(page, Not(HasSubstr("<?xml")));
  }
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  for (const char* outside : {" src=", " href=", "url(", "@import", "http:"}) {
    // Except the namespaces of SVG, which are never loaded.
    const std::string rest = std::regex_replace(
        page, std::regex("http://www.w3.org/[0-9a-z/]*"), "");
    EXPECT_THAT(rest, Not(HasSubstr(outside)));
  }
}

TEST_F(Formats, SvgEscapesNamesAndHasBands) {
  if (!plot::RunGnuplot("")) {
    GTEST_SKIP() << "no gnuplot: apt-get install gnuplot-nox";
  }
  const std::string svg = ToSvg(report_);
  EXPECT_THAT(svg, HasSubstr("&lt;script>alert(1)"));
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, HasSubstr("fill-opacity"));
}

TEST_F(Formats, HtmlSaysWhatItsChartsNeed) {
  EXPECT_EQ(ExitCodeOfChild([&] {
              setenv("PATH", "/nowhere", 1);
              const std::string page = ToHtml(report_);
              return page.find("apt-get install gnuplot-nox") !=
                                 std::string::npos &&
                             page.find("<table") != std::string::npos
                         ? 0
                         : 1;
            }),
            0);
}

TEST_F(Formats, WriteReportsWithoutFinishedRuns) {
  const TempFolder empty;
  MakeSweepRun(empty / "s", "a", R"("init": "random")", 0, "waiting", {});
  Write(empty / "s/sweep.json", "{}");
  const Report report = MakeReport(ReadExperiment({empty / "s"}), {});
  for (const auto& text :
       {ToMarkdown(report), ToHtml(report), ToLatex(report)}) {
    EXPECT_THAT(text, HasSubstr("waiting"));
    EXPECT_THAT(text, Not(HasSubstr(">nan")));
  }
  EXPECT_THAT(ToCsv(report), HasSubstr("\nrandom,1,0,,,"));
  EXPECT_EQ(json::parse(ToJson(report))["cells"][0]["last_top1"], nullptr);
  ExpectError([&] { ToSvg(report); }, ErrorKind::kMismatch, {"no run"});
}

}  // namespace
}  // namespace wsel::report
