// Torch-free.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wsel/tensor/source.h"

namespace wsel::naming {

// A tensor of a file, and what became of it.
struct Used {
  std::string name;
  std::string timm;  // the tensor that it is, or is a part of
};
struct Unused {
  std::string name;
  std::string reason;
};

// What a source's models have that names and shapes do not tell.
struct Facts {
  std::optional<double> norm_eps;
  std::optional<bool> quick_gelu;
  // Of the pictures the weights were trained on, by channel.
  std::optional<std::array<double, 3>> mean;
  std::optional<std::array<double, 3>> std;
};

// A file's weights under timm's names. Every tensor of the file is in one of
// the three lists, unless nobody knows the file (`source` is empty): then
// `tensors` is the file as it stands, and the lists are empty.
struct Adapted {
  std::unique_ptr<TensorSource> tensors;
  // Where in the file they lay: "" or "state_dict_ema.module."
  std::string prefix;
  // Whose names they had: "Hugging Face ViT".
  std::string source;
  // What speaks against that, or was assumed, a sentence each; none where the
  // names leave no doubt.
  std::vector<std::string> doubts;
  Facts facts;
  std::vector<Used> used;
  std::vector<Unused> ignored;
  // Tensors that such a file should not have. They are in `tensors` too, under
  // the names that they have in the file.
  std::vector<Unused> refused;

  // Whether nothing speaks against the source.
  bool IsCertain() const {
    return !source.empty() && doubts.empty() && refused.empty();
  }
};

// Looks through what training programs wrap weights in (state_dict, model,
// model_ema, teacher, DistributedDataParallel's module., torch.compile's
// _orig_mod.) and gives the weights inside under timm's names, whichever of the
// known sources they come from (sources.h lists them). Of several copies the
// moving average goes before the plain one, as in timm, and DINO's teacher
// before its student. Nothing is read before it is viewed; tensors that must be
// put together are put together then. `file` must outlive the result.
Adapted Adapt(const TensorSource& file);

}  // namespace wsel::naming
