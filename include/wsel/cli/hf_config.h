// Torch-free.
#pragma once

#include <string>

#include "wsel/model/config.h"

namespace wsel::cli {

// The config.json of Hugging Face's transformers for a model whose weights were
// written under its names (naming::Naming::kHuggingFace): what from_pretrained
// builds from it has every tensor of that file and no other, but for the pooler
// of a ViT or DeiT without a head, which it draws.
// Errors: kMismatch for an MLP that this format cannot describe.
std::string HfConfig(const model::Config& config);

}  // namespace wsel::cli
