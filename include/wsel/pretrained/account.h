// Torch-free.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/tensor/statistics.h"

namespace wsel::pretrained {

// All that is known of a checkpoint: its container, source library, copy of the
// weights, model, facts, tensors and metadata.
struct Account {
  const PretrainedCheckpoint& checkpoint;  // must outlive this
  bool certain = false;     // a whole model under unambiguous names
  std::string why_unknown;  // if there is no model; as WhyUnknown
  // What running the model needs beside the weights, if it can be run.
  std::optional<Facts> facts;
  std::vector<Statistics> statistics;  // of each tensor of the file; {}: none
};

// Errors: as AllStatisticsOf, with `statistics`.
Account AccountOf(const PretrainedCheckpoint& checkpoint, bool statistics);

// Lines of text, and the same as an object.
std::string AccountText(const Account& account);
nlohmann::ordered_json ToJson(const Account& account);

}  // namespace wsel::pretrained
