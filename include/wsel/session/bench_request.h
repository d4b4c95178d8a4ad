// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "wsel/naming/remap_state_dict.h"
#include "wsel/pretrained/facts.h"

namespace wsel::session {

// A checkpoint whose model is measured.
struct BenchRequest {
  std::string checkpoint;
  naming::CopyChoice copy;
  int64_t num_heads = 0;  // 0: the file's
  pretrained::GivenFacts given;
  int64_t batch_size = 32;  // measured besides 1
  double seconds = 2;       // of each measurement, at least
};

}  // namespace wsel::session
