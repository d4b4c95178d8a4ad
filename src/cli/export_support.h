// Torch-free.
#pragma once

#include "wsel/model/config.h"
#include "wsel/naming/export.h"

namespace wsel::cli {

// Checks that the library of `naming` can build this model: that every tensor
// has a name there (naming::Export) does not imply that its shape and its use
// in the forward pass are the same. Warns if only eps or activation differ.
// Errors: kMismatch naming the difference.
void RequireExportable(const model::Config& config, naming::Naming naming);

}  // namespace wsel::cli
