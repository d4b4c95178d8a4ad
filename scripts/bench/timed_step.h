#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/distributed/process_group.h"
#include "wsel/model/config.h"
#include "wsel/train/options.h"

namespace wsel::bench {

struct StepSetting {
  model::Config config;
  c10::Device device = c10::kCPU;
  train::Precision precision = train::Precision::kFp32;
  int64_t batch = 0;  // images of a rank
  int steps = 0;      // to time, after a warm-up
};

// The variant for images of `size` pixels in patches of `patch`.
model::Config ConfigOf(const std::string& variant, int64_t size, int64_t patch);

// Seconds of training steps as wsel takes them, sorted: forward, soft-target
// cross entropy, backward, fused AdamW. The ranks of `group`, if it is not
// null, sum their gradients.
std::vector<double> TimeSteps(const StepSetting& setting,
                              distributed::ProcessGroup* group);

}  // namespace wsel::bench
