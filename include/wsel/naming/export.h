// Torch-free.
#pragma once

#include <memory>

#include "wsel/core/registry.h"
#include "wsel/tensor/source.h"

namespace wsel::naming {

// The library whose names a checkpoint is written under.
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

}  // namespace wsel::naming
