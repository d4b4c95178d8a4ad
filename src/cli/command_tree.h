// Torch-free.
#pragma once

#include <CLI/CLI.hpp>

#include "wsel/help/command_help.h"

namespace wsel::cli {

// Everything that `app` defines: the single source of completion scripts and
// the man page.
help::CommandHelp CommandTree(const CLI::App& app);

}  // namespace wsel::cli
