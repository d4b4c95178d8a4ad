// Torch-free.
#pragma once

#include <cstdint>

#include "wsel/model/config.h"

namespace wsel::train {

// About how many bytes one picture's activations take in a training step in
// float32: what the backward pass reads again, by the blocks' shapes.
int64_t ActivationBytes(const model::Config& config);

// The largest micro-batch whose activations fit into `bytes`: a divisor of
// `batch_size`, at most `largest`, and a multiple or a divisor of `unit`, the
// pictures that are mixed together (1: none are). At least 1, even where that
// does not fit.
int64_t SolveMicroBatch(int64_t batch_size, int64_t unit, int64_t bytes_each,
                        int64_t bytes, int64_t largest);

}  // namespace wsel::train
