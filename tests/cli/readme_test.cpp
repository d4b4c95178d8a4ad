// Runs the commands in README.md, BENCHMARKS.md, CONTRIBUTING.md and docs/,
// page by page, in bash. Commands that need a data set become dry runs. Scripts
// are not run: they must exist and have the options.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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

// docs/paper.md has a test of its own; docs/sweep-example.md needs 96 runs.
std::vector<fs::path> Pages() {
  const fs::path root = WSEL_SOURCE_DIR;
  std::vector<fs::path> pages = {root / "README.md", root / "BENCHMARKS.md",
                                 root / "CONTRIBUTING.md"};
  for (const auto& entry : fs::directory_iterator(root / "docs")) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".md") || name == "paper.md" ||
        name == "sweep-example.md") {
      continue;
    }
    pages.push_back(entry.path());
  }
  return pages;
}

struct PageCommands {
  std::string script;
  int count = 0;
};

// A command without the launcher that starts its ranks:
// launcher_commands_test.cpp checks that.
std::string WithoutLauncher(const std::string& text) {
  for (const char* launcher : {"torchrun ", "srun ", "mpirun "}) {
    if (!text.starts_with(launcher)) continue;
    const size_t wsel = text.find(" wsel ");
    // The rest of a long line of options follows.
    return wsel == std::string::npos ? "" : text.substr(wsel + 1);
  }
  return text;
}

// The indented commands of a page that begin with "wsel " or "scripts/", the
// latter prefixed with "script ". A backslash continues a line.
PageCommands CommandsOf(const std::string& page) {
  std::istringstream lines(page);
  PageCommands commands;
  bool continued = false;
  for (std::string line; std::getline(lines, line);) {
    const size_t indent = std::min(line.find_first_not_of(' '), line.size());
    const std::string text = WithoutLauncher(line.substr(indent));
    const bool is_script = text.starts_with("scripts/");
    const bool begins =
        !continued && indent >= 4 && (is_script || text.starts_with("wsel "));
    if (!begins && !continued) continue;
    commands.count += begins ? 1 : 0;
    commands.script += (begins && is_script ? "script " : "") + text + "\n";
    continued = text.ends_with('\\');
  }
  return commands;
}

void WriteZeros(const fs::path& path, const std::vector<TensorSpec>& specs) {
  fs::create_directories(path.parent_path());
  std::vector<std::vector<std::byte>> bytes;
  for (const TensorSpec& spec : specs) {
    bytes.emplace_back(static_cast<size_t>(*Numel(spec.shape)) *
                       ItemSize(spec.dtype));
  }
  checkpoint::Write(path.string(), specs,
                    [&](size_t i) { return std::span(bytes[i]); }, {});
}

// The files that the pages assume.
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
  teacher("vit_tiny", "deit_tiny.safetensors", "1000");
  teacher("vit_tiny", "student.safetensors", "10");
  teacher("convnext_tiny", "convnext_tiny.safetensors", "1000");
  for (const char* name : {"t", "model"}) {
    fs::create_symlink("vit_small.safetensors",
                       folder / (std::string(name) + ".safetensors"));
  }
  fs::create_symlink("teacher.safetensors", folder / "best.safetensors");
  fs::copy(fs::path(kSmallSweepData) / "val/b/3.jpg", folder / "photo.jpg");
  WriteZeros(folder / "minilm/model.safetensors",
             select::SmallBert(384, 6, 1536));
  for (const char* name : {"small", "hf", "hub"}) {
    fs::create_directory(folder / name);
  }
  const auto resnet = [](int64_t width) -> std::vector<TensorSpec> {
    return {{"conv1.weight", {width, 3, 7, 7}},
            {"bn1.weight", {width}},
            {"fc.weight", {10, width}},
            {"fc.bias", {10}}};
  };
  WriteZeros(folder / "resnet.pth", resnet(64));
  WriteZeros(folder / "narrow_resnet.pth", resnet(32));
  // The folder of a sweep, for the commands that read one.
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

// `wsel` adds --dry-run to commands that need a data set; checking a missing
// one ends with code 4. `script` looks up the options in the script's text.
constexpr const char* kFunctions = R"(set -uo pipefail
wsel() {{
  local more=()
  case "$1 $*" in
    *--dry-run* | *--status*) ;;
    *--calibrate*) more=(--dry-run) ;;
    train* | eval* | probe* | sweep* | 'analyze analyze features'* | \
      'export export '*--verify* | 'export export '*--dataset*)
      more=(--dry-run) ;;
  esac
  '{0}' --quiet "$@" "${{more[@]}}" >out.txt 2>err.txt
  local code=$?
  [[ $1 == datasets ]] && ((code == 4)) && return
  ((code == 0)) || {{ echo "exit $code: wsel $*"; cat err.txt; }}
}}
script() {{
  local text word
  [[ -x '{1}'/$1 ]] || {{ echo "not executable: $1"; return; }}
  text=$(<'{1}'/$1)
  # These pass options on to wsel sweep.
  case $1 in
    scripts/cifar10 | scripts/evidence) text+=$('{0}' sweep --help) ;;
  esac
  for word in "${{@:2}}"; do
    [[ $word != -* ]] || grep -qwFe "$word" <<<"$text" ||
      echo "$1 has no option $word"
  done
}}
)";

TEST(Docs, EveryCommandRuns) {
  const TempFolder files;
  MakeFiles(files);
  const std::string functions =
      fmt::format(kFunctions, WSEL_BINARY, WSEL_SOURCE_DIR);
  int count = 0;
  for (const fs::path& page : Pages()) {
    const PageCommands commands = CommandsOf(ReadAll(page));
    count += commands.count;
    const TempFolder folder;
    WriteTextFile(folder / "page.sh", functions + commands.script);
    // Each page gets links to the files, which it may replace.
    const std::string line = fmt::format(
        "cp -as '{}/.' '{}' && cd '{}' && bash page.sh >said",
        files.path().string(), folder.path().string(), folder.path().string());
    EXPECT_EQ(std::system(line.c_str()), 0) << page;
    EXPECT_EQ(ReadAll(folder / "said"), "") << page;
  }
  EXPECT_GT(count, 80);
}

}  // namespace
}  // namespace wsel
