// Runs the commands of docs/paper.md: its indented lines are run by bash, with
// a `wsel` that only records its arguments; then each call is repeated here, as
// a dry run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "read_all.h"
#include "temp_folder.h"
#include "wsel/cli/torch_app.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Arguments = std::vector<std::string>;

std::string Page() {
  return ReadAll(fs::path(WSEL_SOURCE_DIR) / "docs/paper.md");
}

// The indented lines of a page.
std::string CodeOf(const std::string& page) {
  std::istringstream lines(page);
  std::string code;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("    ")) code += line.substr(4) + "\n";
  }
  return code;
}

// Runs the code. One line per call, words separated by tabs.
std::vector<Arguments> CallsOf(const std::string& code,
                               const TempFolder& folder) {
  WriteTextFile(folder / "page.sh",
                "set -euo pipefail\n"
                "wsel() { printf '%s\\t' \"$@\" >>calls; echo >>calls; }\n" +
                    code);
  const std::string command =
      "cd '" + folder.path().string() + "' && bash page.sh";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::istringstream lines(ReadAll(folder / "calls"));
  std::vector<Arguments> calls;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Arguments call = {"wsel"};
    for (std::string word; std::getline(words, word, '\t');) {
      call.push_back(word);
    }
    calls.push_back(std::move(call));
  }
  return calls;
}

// A working folder with only the project's recipes.
class EmptyProject {
 public:
  EmptyProject() : before_(fs::current_path()) {
    fs::create_directory_symlink(fs::path(WSEL_SOURCE_DIR) / "configs",
                                 folder_ / "configs");
    fs::current_path(folder_.path());
  }
  ~EmptyProject() { fs::current_path(before_); }

  const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
  fs::path before_;
};

// Returns a call's stdout; an error fails the test.
std::string DryRun(Arguments call) {
  const bool runs = call[1] != "models";
  const bool is_dry = std::ranges::find(call, "--dry-run") != call.end();
  if (runs && !is_dry) call.emplace_back("--dry-run");
  call.emplace_back("--quiet");
  std::vector<const char*> argv;
  std::string line;
  for (const std::string& word : call) {
    argv.push_back(word.c_str());
    line += word + " ";
  }
  testing::internal::CaptureStdout();
  try {
    cli::RunWithLibTorch(static_cast<int>(argv.size()), argv.data());
  } catch (const std::exception& e) {
    ADD_FAILURE() << line << "\n" << e.what();
  }
  return testing::internal::GetCapturedStdout();
}

std::string ValueOf(const Arguments& call, const std::string& option) {
  const auto at = std::ranges::find(call, option);
  return at == call.end() || at + 1 == call.end() ? "" : *(at + 1);
}

TEST(Paper, HasEveryTableAndFigure) {
  const std::string page = Page();
  for (int table = 1; table <= 17; ++table) {
    const std::regex heading("## Tables? [^\n]*\\b" + std::to_string(table) +
                             "\\b");
    EXPECT_TRUE(std::regex_search(page, heading)) << "Table " << table;
  }
  for (int figure = 1; figure <= 5; ++figure) {
    const std::regex heading("## Figures? [^\n]*\\b" + std::to_string(figure) +
                             "\\b");
    EXPECT_TRUE(std::regex_search(page, heading)) << "Figure " << figure;
  }
}

TEST(Paper, EveryCommandPassesADryRun) {
  const EmptyProject project;
  const auto calls = CallsOf(CodeOf(Page()), project.folder());
  std::map<std::string, int> count;
  std::set<std::string> outputs;
  for (const Arguments& call : calls) {
    const std::string out = DryRun(call);
    ++count[call[1]];
    if (call[1] == "train") {
      EXPECT_THAT(out, HasSubstr("images      ")) << call.back();
      EXPECT_THAT(out, HasSubstr("steps       ")) << call.back();
    }
    if (!ValueOf(call, "--data-root").empty()) {
      EXPECT_THAT(out, HasSubstr("missing     DATA")) << call.back();
    }
    for (const char* option : {"--teacher", "--checkpoint"}) {
      const std::string file = ValueOf(call, option);
      EXPECT_THAT(out, HasSubstr(file.empty() ? "" : "missing")) << file;
    }
    // No run overwrites another.
    const std::string output = ValueOf(call, "--output");
    EXPECT_TRUE(output.empty() || outputs.insert(output).second) << output;
  }
  // The loops over all tables ran.
  EXPECT_EQ(count["train"], 160);
  EXPECT_EQ(count["init"], 23);
  EXPECT_EQ(count["probe"], 4);
  EXPECT_EQ(count["eval"], 1);
  EXPECT_EQ(count["analyze"], 1);
  EXPECT_EQ(count["sweep"], 1);
  // Nothing was written except the record of calls.
  EXPECT_EQ(project.folder().FileCount(), 3);
}

TEST(Paper, CountsAreThoseOfImageNet) {
  const EmptyProject project;
  const std::string out =
      DryRun({"wsel", "train", "--config", "configs/imagenet1k/vit_tiny.json",
              "--data-root", "DATA"});
  EXPECT_THAT(out, HasSubstr("images      1281167 training, 50000 test"));
  EXPECT_THAT(out, HasSubstr("steps       93600 = 300 epochs x 312"));
}

}  // namespace
}  // namespace wsel
