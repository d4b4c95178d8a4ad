#include <fmt/format.h>

#include <memory>

#include "command_tree.h"
#include "commands.h"
#include "man_sections.h"

namespace wsel::cli {
void AddCompletion(CLI::App& app, const Invocation& /*invocation*/) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* c =
      app.add_subcommand("completion", "Print a shell completion script");
  c->add_option("SHELL", *shell, "Shell: " + help::Shells().Choices())
      ->required();
  c->callback([shell, &app] {
    fmt::print("{}", Completion(help::Shells().Find(*shell, "wsel completion"),
                                CommandTree(app)));
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
