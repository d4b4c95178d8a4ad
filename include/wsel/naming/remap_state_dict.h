// Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wsel/model/vit_config.h"
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
  std::optional<model::Activation> activation = {};
  std::optional<int64_t> num_heads = {};
  // Per channel: images are normalised to (value / 255 - mean) / std.
  std::optional<std::array<double, 3>> mean = {};
  std::optional<std::array<double, 3>> std = {};
  // A file without a final norm is whole: models of this source have none.
  bool no_final_norm = false;
};

// The weights of a file under timm's names. If the source library is
// recognised, every tensor of the file is in exactly one of the three lists.
// Otherwise `source` and the lists are empty, and `tensors` keeps its names.
struct RemappedStateDict {
  std::unique_ptr<TensorSource> tensors;
  // The prefix of the weights in the file: "" or "state_dict_ema.module."
  std::string prefix;
  // The prefixes of other copies of the weights, which are ignored.
  std::vector<std::string> other_copies;
  // Why no copy was chosen, if there are several or none where one is asked
  // for.
  std::string problem;
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

// Which of several copies of the weights in a file is meant.
struct CopyChoice {
  // The prefix that it is under ("teacher", "model.student"); "": the best.
  std::string key = {};
  // The weights themselves rather than their moving average.
  bool no_ema = false;
};

// Renames a checkpoint's tensors to timm's names, as timm's
// checkpoint_filter_fn functions do, for any known source library
// (src/naming/source_table.h). The weights may be under any prefix if all
// tensors of a model are there, and within modules that programs wrap around
// parts of it (src/naming/wrappers.h). Of several copies of the weights the EMA
// weights take precedence, as in timm, and DINO's teacher over its student;
// where none does, `problem` lists them. Tensors are read and merged only when
// viewed. `file` must outlive the result.
RemappedStateDict RemapStateDict(const TensorSource& file,
                                 const CopyChoice& choice = {});

// Whether a tensor of the file that could not be read is one of the source's,
// or in a module that has tensors that are used: without it those are not all,
// or compute something else.
bool IsAmongWeights(const RemappedStateDict& weights, const std::string& name);

}  // namespace wsel::naming
