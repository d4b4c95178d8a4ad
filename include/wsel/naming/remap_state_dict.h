// Torch-free.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wsel/tensor/source.h"

namespace wsel::naming {

// A tensor of the file that is used.
struct UsedKey {
  std::string name;
  std::string timm;  // timm's name of the tensor that it is, or is a part of
};
// A tensor of the file that is ignored or unexpected.
struct UnusedKey {
  std::string name;
  std::string reason;
};

// What is known of a source library's pretrained models beside their tensors
// (timm's pretrained_cfg); unset if unknown.
struct PretrainedCfg {
  std::optional<double> norm_eps = {};
  std::optional<bool> quick_gelu = {};
  // Per channel: images are normalised to (value / 255 - mean) / std.
  std::optional<std::array<double, 3>> mean = {};
  std::optional<std::array<double, 3>> std = {};
};

// The weights of a file under timm's names. If the source library is
// recognised, every tensor of the file is in exactly one of the three lists.
// Otherwise `source` and the lists are empty, and `tensors` keeps its names.
struct RemappedStateDict {
  std::unique_ptr<TensorSource> tensors;
  // The prefix of the weights in the file: "" or "state_dict_ema.module."
  std::string prefix;
  // The source library and architecture: "Hugging Face ViT".
  std::string source;
  // Assumptions that the names do not confirm, one phrase each.
  std::vector<std::string> warnings;
  PretrainedCfg pretrained_cfg;
  std::vector<UsedKey> used;
  std::vector<UnusedKey> ignored;
  // Tensors that a file of this source should not have. They are in `tensors`
  // too, under their names in the file less `prefix`.
  std::vector<UnusedKey> unexpected;

  // Whether the source was recognised without warnings or unexpected keys.
  bool IsCertain() const {
    return !source.empty() && warnings.empty() && unexpected.empty();
  }
};

// Renames a checkpoint's tensors to timm's names, as timm's
// checkpoint_filter_fn functions do, for any known source library
// (src/naming/source_table.h). Prefixes that training programs add are removed
// (state_dict, model, model_ema, teacher, DistributedDataParallel's module.,
// torch.compile's _orig_mod.). Of several copies of the weights the EMA weights
// take precedence, as in timm, and DINO's teacher over its student. Tensors are
// read and merged only when viewed. `file` must outlive the result.
RemappedStateDict RemapStateDict(const TensorSource& file);

}  // namespace wsel::naming
