#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/model/build.h"
#include "wsel/model/init.h"

namespace wsel::train {

// Whether a checkpoint fits a model but for its classifier heads, by names and
// shapes alone. Errors: as LoadStart.
void CheckStart(const model::Config& config, const TensorSource& source);

// Gives a model the weights of a checkpoint under timm's names. The classifier
// heads are drawn afresh (by `fresh` and `seed`) where their shapes differ or
// the checkpoint has none, and those tensors' names are returned.
// Errors: kMismatch for any other tensor that is missing or does not fit.
std::vector<std::string> LoadStart(model::Model& model,
                                   const TensorSource& source,
                                   model::Initializer fresh, uint64_t seed);

}  // namespace wsel::train
