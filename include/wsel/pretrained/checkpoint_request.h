// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "wsel/naming/remap_state_dict.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::pretrained {

// A checkpoint that holds the model to use, and what the user states about it.
struct CheckpointRequest {
  std::string file;
  naming::CopyChoice copy = {};  // which copy of its weights
  int64_t num_heads = 0;         // of a ViT; 0: the file's
  GivenFacts given = {};
};

// As Open with its file, copy and num_heads. Of `given`, which is for FactsOf,
// a model determines which form equal tensors have.
PretrainedCheckpoint Open(const CheckpointRequest& request);

}  // namespace wsel::pretrained
