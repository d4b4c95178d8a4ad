// Torch-free.
#pragma once

#include "wsel/cli/weights.h"

namespace wsel::cli {

// Logs what of a file does not become a model, a line a reason, and what was
// assumed of the rest.
void LogAccount(const Weights& weights);

// Errors: kMismatch naming a tensor that the file has and the model has not:
// without it the numbers would mean something else.
void RequireAllUsed(const Weights& weights, const model::Config& config);

}  // namespace wsel::cli
