// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "wsel/core/registry.h"
#include "wsel/tensor/spec.h"

namespace wsel::model {

// How one fresh tensor is drawn. A value: it can be printed, stored in a plan
// and drawn again.
enum class InitKind {
  kConstant,     // `value`
  kNormal,       // mean 0, deviation `value`
  kTruncNormal,  // normal of deviation `value`, truncated at +-`bound`
  kUniform,      // in +-`bound`
  kSinCos,       // fixed 2-D sine-cosine positions; the first `value` are zeros
  kMimeticQkv,   // rows q, k, v of `heads` heads (Trockman & Kolter 2023)
  kMimeticProj,  // the attention's output projection that fits kMimeticQkv
};

struct Init {
  InitKind kind = InitKind::kConstant;
  double value = 0;
  double bound = 0;
  int64_t heads = 0;

  bool operator==(const Init&) const = default;
};

// "zeros", "ones", "normal std 1e-06", "trunc normal std 0.02 in +-2", ...
std::string Describe(const Init& init);

// Whether `init` can draw this tensor: its numbers in range, its shape and name
// what the mimetic kinds and kSinCos need. An Init from a file must be asked.
bool CanDraw(const Init& init, const TensorSpec& spec);

// The initialisers of whole models.
enum class Initializer {
  kTimm,         // timm's default for the family
  kTruncNormal,  // every Linear and Conv weight: std 0.02 cut at 2 deviations
  kXavier,       // every Linear and Conv weight: torch's xavier_uniform_
  kKaiming,      // every Linear and Conv weight: torch's kaiming_normal_
  kMimetic,      // ViT only
};

// timm, trunc-normal, xavier, kaiming, mimetic
const Registry<Initializer>& Initializers();

}  // namespace wsel::model
