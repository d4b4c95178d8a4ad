#pragma once

#include <c10/core/Device.h>

namespace wsel::train {

// Waits until all work queued on the device is done, as is needed before
// reading a clock. Returns immediately for a CPU.
void Synchronize(const c10::Device& device);

}  // namespace wsel::train
