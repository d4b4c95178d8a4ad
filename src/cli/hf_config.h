// Torch-free.
#pragma once

#include <string>

#include "wsel/model/config.h"

namespace wsel::cli {

// The config.json that Hugging Face's from_pretrained needs beside weights
// written under naming::Naming::kHuggingFace. The model that transformers
// builds from it has exactly the tensors of that file, except that a ViT or
// DeiT without a classifier also has a pooler, which is randomly initialised.
// Errors: kMismatch for an MLP that this format cannot describe.
std::string HfConfig(const model::Config& config);

}  // namespace wsel::cli
