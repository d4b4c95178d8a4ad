// README.md, held against the program: every command in it is run, in the order
// of the page, as bash reads it. What would need a data set is a dry run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "cli/run_wsel.h"
#include "cli/small_sweep.h"
#include "select/small_bert.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;

// The page's indented commands of wsel; a line that ends in a backslash goes
// on.
std::string CommandsOf(const std::string& page) {
  std::istringstream lines(page);
  std::string commands;
  bool goes_on = false;
  for (std::string line; std::getline(lines, line);) {
    if (goes_on || line.starts_with("    wsel ")) {
      commands += line.substr(4) + "\n";
      goes_on = line.ends_with('\\');
    }
  }
  return commands;
}

void WriteZeros(const fs::path& path, const std::vector<TensorSpec>& specs) {
  fs::create_directories(path.parent_path());
  std::vector<std::vector<std::byte>> bytes;
  for (const TensorSpec& spec : specs)
    bytes.emplace_back(static_cast<size_t>(*ElementCount(spec.shape)) *
                       SizeOf(spec.dtype));
  checkpoint::Write(path.string(), specs,
                    [&](size_t i) { return std::span(bytes[i]); }, {});
}

// The files that the page takes for granted.
void MakeFiles(const TempFolder& folder) {
  fs::create_directory_symlink(fs::path(WSEL_SOURCE_DIR) / "configs",
                               folder / "configs");
  const auto teacher = [&](const char* model, const char* file,
                           const char* classes) {
    const Outcome made =
        RunWsel(folder, {"init", "--student", model, "--method", "timm",
                         "--num-classes", classes, "--output", file});
    ASSERT_EQ(made.exit_code, 0) << made.err;
  };
  teacher("vit_small", "vit_small.safetensors", "1000");
  teacher("vit_small", "teacher.safetensors", "100");
  teacher("convnext_tiny", "convnext_tiny.safetensors", "1000");
  for (const char* name : {"t", "model"}) {
    fs::create_symlink("vit_small.safetensors",
                       folder / (std::string(name) + ".safetensors"));
  }
  WriteZeros(folder / "minilm/model.safetensors",
             select::SmallBert(384, 6, 1536));
  for (const char* name : {"small", "hf"}) fs::create_directory(folder / name);
  const auto resnet = [](int64_t width) -> std::vector<TensorSpec> {
    return {{"conv1.weight", {width, 3, 7, 7}},
            {"bn1.weight", {width}},
            {"fc.weight", {10, width}},
            {"fc.bias", {10}}};
  };
  WriteZeros(folder / "resnet.pth", resnet(64));
  WriteZeros(folder / "narrow_resnet.pth", resnet(32));
  // A sweep's folder, for the commands that look into one.
  WriteTextFile(folder / "table3.json", kSmallSweep);
  const Outcome made = RunWsel(
      folder, {"sweep", "table3.json", "--output", "out/table3", "--data-root",
               kSmallSweepData, "--only", "random-s0", "--only", "random-s1"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  // Runs of three programs, for one report.
  for (const char* run : {"runs/random-0", "runs/a"}) {
    fs::create_directories(folder / run);
    for (const char* file :
         {"config.json", "summary.csv", "best.safetensors"}) {
      fs::copy(folder / "out/table3/by-name/random-s0" / file,
               folder / run / file);
    }
  }
  const auto text = [&](const char* file, const std::string& content) {
    fs::create_directories((folder / file).parent_path());
    WriteTextFile(folder / file, content);
  };
  text("timm/summary.csv", "epoch,train_loss,eval_loss,eval_top1\n0,2,2,50\n");
  text("convnext/log.txt",
       R"({"train_loss": 2, "test_acc1": 40, "test_acc5": 90, "epoch": 0})"
       "\n");
}

// `wsel` as the page calls it, with --dry-run where a data set is asked for. To
// check one that is not there is an error of kind 4.
constexpr const char* kWsel = R"(set -uo pipefail
wsel() {{
  local more=()
  case "$1 $*" in
    *--dry-run* | *--status*) ;;
    train* | eval* | probe* | sweep* | 'analyze analyze features'*)
      more=(--dry-run) ;;
  esac
  '{}' --quiet "$@" "${{more[@]}}" >out.txt 2>err.txt
  local code=$?
  [[ $1 == datasets ]] && ((code == 4)) && return
  ((code == 0)) || {{ echo "exit $code: wsel $*"; cat err.txt; }}
}}
)";

TEST(Readme, EveryCommandOfItRuns) {
  const TempFolder folder;
  MakeFiles(folder);
  const std::string commands =
      CommandsOf(ReadAll(fs::path(WSEL_SOURCE_DIR) / "README.md"));
  EXPECT_GT(std::count(commands.begin(), commands.end(), '\n'), 40);
  WriteTextFile(folder / "page.sh", fmt::format(kWsel, WSEL_BINARY) + commands);
  const std::string line =
      fmt::format("cd '{}' && bash page.sh >said", folder.path().string());
  EXPECT_EQ(std::system(line.c_str()), 0);
  EXPECT_EQ(ReadAll(folder / "said"), "");
}

}  // namespace
}  // namespace wsel
