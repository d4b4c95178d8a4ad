// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/tensor/source.h"

namespace wsel::model {

// What a checkpoint's names and shapes tell of its model.
struct Detection {
  Config config;
  // What names and shapes do not tell and was assumed, a sentence each:
  // "64 channels a head, so 6 heads".
  std::vector<std::string> assumptions;
};

// What is known of a checkpoint's model from elsewhere, though no name or shape
// tells it.
struct Hints {
  std::optional<double> norm_eps;
  std::optional<Activation> activation;
};

// The model of a checkpoint under timm's names; nothing where it is no ViT or
// ConvNeXt. Heads: by the variant of that width where there is one, else 64
// channels a head. Does not check that all tensors are there: a plan or a model
// does, and names what is missing.
// Errors: kMismatch where it is one of the two, but of a kind that is no model
// here (SwiGLU, relative positions, GRN), naming the tensor that tells so.
std::optional<Detection> Detect(const TensorSource& source,
                                const Hints& hints = {});

}  // namespace wsel::model
