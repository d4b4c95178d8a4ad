// Torch-free.
#pragma once

#include <vector>

#include "wsel/help/command_help.h"

namespace wsel::cli {

// What the man page has beside the commands: the keys of a recipe and a model,
// the files of runs and sweeps, examples.
std::vector<help::ManSection> ManSections();

}  // namespace wsel::cli
