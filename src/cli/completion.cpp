#include <fmt/format.h>

#include <array>
#include <memory>

#include "command_tree.h"
#include "commands.h"
#include "man_sections.h"
#include "wsel/core/registry.h"

namespace wsel::cli {
namespace {

enum class Shell { kBash, kZsh, kFish };

constexpr std::array<Registered<Shell>, 3> kShells = {{
    {Shell::kBash, "bash", ""},
    {Shell::kZsh, "zsh", ""},
    {Shell::kFish, "fish", ""},
}};
constexpr Registry<Shell> kShellNames("shell", kShells);

}  // namespace

void AddCompletion(CLI::App& app, const Invocation& /*invocation*/) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* c =
      app.add_subcommand("completion", "Print a shell completion script");
  c->add_option("SHELL", *shell, "Shell: " + kShellNames.Choices())->required();
  c->callback([shell, &app] {
    const help::CommandHelp tree = CommandTree(app);
    switch (kShellNames.Find(*shell, "wsel completion")) {
      case Shell::kBash:
        return fmt::print("{}", BashCompletion(tree));
      case Shell::kZsh:
        return fmt::print("{}", ZshCompletion(tree));
      case Shell::kFish:
        return fmt::print("{}", FishCompletion(tree));
    }
  });
}

void AddMan(CLI::App& app, const Invocation& /*invocation*/) {
  CLI::App* c = app.add_subcommand("man", "Print the man page");
  c->callback([&app] {
    fmt::print("{}",
               ManPage(CommandTree(app), ManSections(), app.get_footer()));
  });
}

}  // namespace wsel::cli
