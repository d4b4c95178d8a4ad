// Torch-free.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "wsel/tensor/source.h"

namespace wsel::naming {

// A tensor of a file that is no weight of the model.
struct Ignored {
  std::string name;
  std::string reason;
};

// A file's weights under timm's names.
struct Adapted {
  std::unique_ptr<TensorSource> tensors;
  // Where in the file they lay: "" or "state_dict_ema.module."
  std::string prefix;
  std::vector<Ignored> ignored;
};

// Looks through what training programs wrap weights in (state_dict, model,
// model_ema, DistributedDataParallel's module., torch.compile's _orig_mod.) and
// gives the weights inside. Of several copies the moving average goes before
// the plain one, as in timm; the rest is ignored with a reason. A file without
// a wrapper, or of a model unknown here, comes back as it is. `file` must
// outlive the result.
Adapted Adapt(const TensorSource& file);

}  // namespace wsel::naming
