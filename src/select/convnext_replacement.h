// Torch-free.
#pragma once

#include "config_pair.h"

namespace wsel::select {

// As Replace, for what only some ConvNeXts have: an overlapping stem, GRN, a
// hidden layer before the classifier, norms with bias. False if the parameter
// is none of these.
bool ReplaceInConvNext(const ConfigPair& models,
                       const model::ParameterSpec& student,
                       MappedTensor& tensor);

}  // namespace wsel::select
