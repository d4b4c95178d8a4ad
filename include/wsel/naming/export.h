// Torch-free.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "wsel/core/registry.h"
#include "wsel/model/config.h"
#include "wsel/tensor/source.h"

namespace wsel::naming {

// The library that names the tensors of a written checkpoint.
enum class Naming {
  kTimm,
  kHuggingFace,
  kTorchvision,
  kMeta,
};
const Registry<Naming>& Namings();

// Renames tensors from timm's names to those of `naming`. RemapStateDict, which
// uses the same tables, restores them exactly. Hugging Face's names are those
// in checkpoint files, not in state dicts. `tensors` must outlive the result.
// Errors: kMismatch naming a tensor that has no name in `naming`.
std::unique_ptr<TensorSource> Export(const TensorSource& tensors,
                                     Naming naming);

// Checks that the library of `naming` can build this model: that every tensor
// has a name there (Export) does not imply that its shape and its use in the
// forward pass are the same. Errors: kMismatch naming the difference.
void RequireExportable(const model::Config& config, Naming naming);

// What the library's model computes otherwise with the same weights: the
// clauses of ForwardDifferences.
std::vector<std::string> DifferencesOnceExported(const model::Config& config,
                                                 Naming naming);

// The config.json that Hugging Face's from_pretrained needs beside weights
// written under Naming::kHuggingFace. The model that transformers builds from
// it has exactly the tensors of that file, except that a ViT or DeiT without a
// classifier also has a pooler, which is randomly initialised.
// `classes`: the names of a classifier's outputs (id2label); {}: unknown.
// Errors: kMismatch for an MLP that this format cannot describe.
std::string HfConfig(const model::Config& config,
                     const std::vector<std::string>& classes = {});

// The config.json of a folder that timm.create_model('local-dir:FOLDER') and
// 'hf-hub:' read, beside weights under Naming::kTimm. `images`: what
// pretrained_cfg has of images, "input_size" among it; `classes` as above.
// Errors: kMismatch for a LayerNorm eps that it cannot say.
std::string TimmConfig(const model::Config& config,
                       const nlohmann::ordered_json& images,
                       const std::vector<std::string>& classes = {});

}  // namespace wsel::naming
