// Torch-free.
#pragma once

#include "wsel/model/config.h"
#include "wsel/naming/export.h"

namespace wsel::cli {

// Whether the library whose names a file gets has this model: that each tensor
// has a name there, which Export sees to, does not yet make its shape or its
// part in the computation the same. Warns where only eps or activation differ.
// Errors: kMismatch saying what the library's models do otherwise.
void RequireForeignModel(const model::Config& config, naming::Naming naming);

}  // namespace wsel::cli
