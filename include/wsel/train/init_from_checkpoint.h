#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/model/init.h"
#include "wsel/nn/build.h"

namespace wsel::train {

// Whether the checkpoint's first convolution is of RGB images and the model
// takes images of another number of channels: it is then adapted
// (model/adapt_in_chans.h).
bool AdaptsInChans(const model::Config& config, const TensorSource& source);

// Checks by names and shapes that a checkpoint fits a model, apart from its
// classifier heads. Errors: as InitFromCheckpoint.
void CheckInitCheckpoint(const model::Config& config,
                         const TensorSource& source);

// Loads a checkpoint under timm's names into a model, its first convolution
// adapted if need be. If a classifier head is missing or has another shape, or
// is not to be kept, all heads are re-initialised (by `initializer` and
// `seed`), and the names of their tensors are returned. Errors: kMismatch if
// any other tensor is missing or does not fit.
std::vector<std::string> InitFromCheckpoint(nn::Model& model,
                                            const TensorSource& source,
                                            model::Initializer initializer,
                                            uint64_t seed,
                                            bool keep_classifier = true);

}  // namespace wsel::train
