#include "wsel/help/command_help.h"

namespace wsel::help {

std::vector<std::string> SubcommandNames(const CommandHelp& command) {
  std::vector<std::string> names;
  for (const CommandHelp& subcommand : command.commands) {
    names.push_back(subcommand.name);
  }
  return names;
}

}  // namespace wsel::help
