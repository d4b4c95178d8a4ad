#include "wsel/train/micro_batch.h"

#include <algorithm>

namespace wsel::train {
int64_t SolveMicroBatch(int64_t batch_size, int64_t mixup_batch,
                        int64_t bytes_per_image, int64_t bytes,
                        int64_t largest) {
  const int64_t fits =
      std::clamp<int64_t>(bytes / std::max<int64_t>(bytes_per_image, 1), 1,
                          std::max<int64_t>(largest, 1));
  for (int64_t size = std::min(fits, batch_size); size > 1; --size) {
    const bool divides = batch_size % size == 0;
    const bool aligned = mixup_batch % size == 0 || size % mixup_batch == 0;
    if (divides && aligned) return size;
  }
  return 1;
}

}  // namespace wsel::train
