#include "wsel/help/command_help.h"

namespace wsel::help {

const Registry<Shell>& Shells() {
  static constexpr Registered<Shell> kRows[] = {
      {Shell::kBash, "bash"}, {Shell::kZsh, "zsh"}, {Shell::kFish, "fish"}};
  static constexpr Registry<Shell> kRegistry("shell", kRows);
  return kRegistry;
}

std::string Completion(Shell shell, const CommandHelp& tree) {
  switch (shell) {
    case Shell::kBash:
      return BashCompletion(tree);
    case Shell::kZsh:
      return ZshCompletion(tree);
    case Shell::kFish:
      return FishCompletion(tree);
  }
  return "";
}

}  // namespace wsel::help
