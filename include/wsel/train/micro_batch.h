// Torch-free.
#pragma once

#include <cstdint>

namespace wsel::train {

// The largest micro-batch whose activations fit into `bytes`: a divisor of
// `batch_size`, at most `largest`, and a multiple or a divisor of
// `mixup_batch`, the images that are mixed together (1: no mixing). At least 1,
// even if that does not fit.
int64_t SolveMicroBatch(int64_t batch_size, int64_t mixup_batch,
                        int64_t bytes_per_image, int64_t bytes,
                        int64_t largest);

}  // namespace wsel::train
