#include "wsel/help/unknown_option.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "wsel/core/suggest.h"

namespace wsel::help {
namespace {

// Of a model; a command without them takes those of a checkpoint.
constexpr std::array<std::string_view, 4> kSizeOptions = {
    "--img-size", "--patch-size", "--depth", "--embed-dim"};

bool HasOption(const CommandHelp& command, std::string_view option) {
  return std::ranges::find(command.options, option, &OptionHelp::name) !=
         command.options.end();
}

std::string AdviceOnSize(const CommandHelp& program,
                         const std::string& option) {
  if (std::ranges::find(kSizeOptions, option) == kSizeOptions.end()) return "";
  std::vector<std::string> others;
  for (const CommandHelp& other : program.commands) {
    if (!HasOption(other, option)) continue;
    others.push_back(program.name + " " + other.name);
  }
  if (others.empty()) return "";
  return fmt::format("the checkpoint has its own sizes; others are made by {}",
                     fmt::join(others, ", "));
}

}  // namespace

std::string OptionIn(std::string_view word) {
  if (word.starts_with("--")) {
    return std::string(word.substr(0, word.find('=')));
  }
  const bool is_short = word.size() > 1 && word[0] == '-' &&
                        std::isalpha(static_cast<unsigned char>(word[1])) != 0;
  return is_short ? std::string(word.substr(0, 2)) : "";
}

std::string UnknownOption(
    const CommandHelp& program, const CommandHelp& command,
    const std::string& option,
    const std::function<std::string(const std::string&)>& advise) {
  std::string dashed = option;
  std::ranges::replace(dashed, '_', '-');
  const bool is_known = dashed != option && HasOption(command, dashed);
  std::string advice = is_known ? "use " + dashed : advise(dashed);
  if (advice.empty()) advice = AdviceOnSize(program, option);
  if (!advice.empty()) {
    return fmt::format("unknown option '{}': {}", option, advice);
  }
  std::vector<std::string> names;
  for (const OptionHelp& known : command.options) {
    if (!known.positional) names.push_back(known.name);
  }
  return Unknown("option", option, names);
}

}  // namespace wsel::help
