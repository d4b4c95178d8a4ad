// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/tensor/source.h"

namespace wsel::model {

// A model config inferred from the names and shapes of a checkpoint's tensors.
struct Detection {
  Config config;
  // What names and shapes do not determine and was assumed, one phrase each:
  // "64 channels per head, so 6 heads".
  std::vector<std::string> assumptions;
  // False if several numbers of heads divide a ViT's width, no known variant is
  // as wide, and nothing else says which one it has.
  bool knows_heads = true;
};

// What names and shapes do not determine, if known from elsewhere.
struct Hints {
  std::optional<double> norm_eps = {};
  std::optional<Activation> activation = {};
  std::optional<int64_t> num_heads = {};
  // kNormedAverage also stands for kAverage, which tensors show.
  std::optional<Pooling> pooling = {};
  // As stated: the number of positions does not show a grid that is not square.
  std::optional<HeightWidth> img_size = {};
  // If there are no tensors of a final norm, the model has none.
  bool no_final_norm = false;
};

// The model of a checkpoint under timm's names; nullopt if it is neither a ViT
// nor a ConvNeXt. num_heads, if not known, is that of a known variant of this
// width if there is one; otherwise heads have at most 64 channels. Does not
// check that all tensors are there: planning and loading do, and name the
// missing ones. Errors: kMismatch for an unsupported ViT or ConvNeXt (relative
// positions, norms of several kinds), naming the tensor that shows it, and for
// sizes that do not fit together.
std::optional<Detection> Detect(const TensorSource& source,
                                const Hints& hints = {});

}  // namespace wsel::model
