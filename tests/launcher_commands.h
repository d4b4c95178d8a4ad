// Torch-free.
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "read_all.h"

namespace wsel {

// A command of docs/distributed.md as its words: {"torchrun", "--no-python"}.
using LauncherCommand = std::vector<std::string>;

inline std::string DistributedPage() {
  return ReadAll(std::filesystem::path(WSEL_SOURCE_DIR) /
                 "docs/distributed.md");
}

// The lines of the page's indented blocks without their indentation; one that
// ends in a backslash has the next one appended.
inline std::vector<std::string> CodeLines(const std::string& page) {
  std::istringstream lines(page);
  std::vector<std::string> code;
  bool continued = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("    ")) continue;
    line.erase(0, line.find_first_not_of(' '));
    const bool continues = line.ends_with('\\');
    if (continues) line.pop_back();
    continued ? void(code.back() += line) : code.push_back(line);
    continued = continues;
  }
  return code;
}

// What is `between backticks`, also across lines.
inline std::vector<std::string> InlineCode(const std::string& page) {
  static const std::regex kCode("`([^`]+)`");
  std::vector<std::string> found;
  for (std::sregex_iterator match(page.begin(), page.end(), kCode), end;
       match != end; ++match) {
    std::string text = match->str(1);
    std::ranges::replace(text, '\n', ' ');
    found.push_back(text);
  }
  return found;
}

// The page's commands of launchers, in its blocks and in its sentences, with
// the lines "#SBATCH --nodes=2" as commands of that name.
inline std::vector<LauncherCommand> LauncherCommands(const std::string& page) {
  constexpr std::array<std::string_view, 6> kNames = {
      "torchrun", "srun", "mpirun", "scancel", "scontrol", "#SBATCH"};
  std::vector<std::string> texts = CodeLines(page);
  for (const std::string& text : InlineCode(page)) texts.push_back(text);
  std::vector<LauncherCommand> commands;
  for (const std::string& text : texts) {
    std::istringstream in(text);
    LauncherCommand words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.size() < 2) continue;
    if (std::ranges::find(kNames, words[0]) == kNames.end()) continue;
    commands.push_back(std::move(words));
  }
  return commands;
}

}  // namespace wsel
