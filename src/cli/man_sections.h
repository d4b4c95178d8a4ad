// Torch-free.
#pragma once

#include <vector>

#include "wsel/help/command_help.h"

namespace wsel::cli {

// The keys of --set, with their meanings.
help::TermSection RecipeKeys();
help::TermSection ModelKeys();

// What the man page has beside the commands: the keys of a recipe and a model,
// the files of runs and sweeps, examples.
std::vector<help::TermSection> ManSections();

}  // namespace wsel::cli
