#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "wsel/core/progress.h"
#include "wsel/data/dataset.h"
#include "wsel/pretrained/facts.h"

namespace wsel::session {

struct ModelImagesOptions {
  int64_t batch_size = 32;
  int workers = -1;
  bool skip_corrupt = false;
  const char* title = "images";  // of the progress
};

// Receives images [B, in_chans, H, W], prepared as the facts say, on the CPU, B
// > 0, and their indices in the data set.
using OnImages = std::function<void(const at::Tensor& images,
                                    const std::vector<int64_t>& indices)>;

// All images of the data set but corrupt ones, in batches. Returns the names
// of those, at most 20. Errors: as data::Loader::Next.
std::vector<std::string> ForEachBatch(const data::Dataset& set,
                                      const pretrained::Facts& facts,
                                      const ModelImagesOptions& options,
                                      const OnProgress& progress,
                                      const OnImages& use);

}  // namespace wsel::session
