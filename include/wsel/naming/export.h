// Torch-free.
#pragma once

#include <memory>

#include "wsel/core/registry.h"
#include "wsel/tensor/source.h"

namespace wsel::naming {

// Whose names a file is written under.
enum class Naming {
  kTimm,
  kHuggingFace,
  kTorchvision,
  kMeta,
};
const Registry<Naming>& Namings();

// Tensors under timm's names, under those of `naming`; by the tables that
// Adapt reads by, so that it reads them back to the same numbers. Hugging
// Face's names are those of files. `tensors` must outlive the result.
// Errors: kMismatch naming a tensor that has no name there.
std::unique_ptr<TensorSource> Export(const TensorSource& tensors,
                                     Naming naming);

}  // namespace wsel::naming
