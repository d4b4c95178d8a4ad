// Torch-free.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "wsel/help/command_help.h"

namespace wsel::help {

// The option in a word of the command line: "--amp" of "--amp=1", "-b" of
// "-b64"; "": none.
std::string OptionIn(std::string_view word);

// The message on an option that `command` lacks: what to do instead, as in
// "unknown option '--amp': use --precision bf16", or the nearest option.
// `advise` knows options of other programs, with hyphens, and returns "" for
// others.
std::string UnknownOption(
    const CommandHelp& program, const CommandHelp& command,
    const std::string& option,
    const std::function<std::string(const std::string&)>& advise);

}  // namespace wsel::help
