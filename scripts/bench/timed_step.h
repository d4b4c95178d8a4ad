#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <optional>
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
  // Unless it is 0, both end when they have taken this long together, after one
  // step of warm-up and two that are timed.
  double seconds = 0;
  // Of a training step: the model that is distilled; none: it has only
  // the targets.
  std::optional<model::Config> teacher = {};
};

// The variant for images of `size` pixels in patches of `patch`. Unless it is
// 0, `width` replaces that of the final features: a ViT's heads are then 64 or,
// where that does not divide the width, 32 channels wide, and each stage of a
// ConvNeXt is twice as wide as the one before.
model::Config ConfigOf(const std::string& variant, int64_t size, int64_t patch,
                       int64_t width = 0);

// Seconds of training steps as wsel takes them, sorted: forward, soft-target
// cross entropy, with a teacher its forward pass and the divergence from it,
// backward, fused AdamW. The ranks of `group`, if it is not
// null, sum their gradients.
std::vector<double> TimeSteps(const StepSetting& setting,
                              distributed::ProcessGroup* group);

// Seconds of forward passes as `wsel eval` and teachers take them, sorted.
std::vector<double> TimePasses(const StepSetting& setting);

}  // namespace wsel::bench
