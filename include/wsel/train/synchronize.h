#pragma once

#include <c10/core/Device.h>

namespace wsel::train {

// Waits until the device has done all that it was asked for, as a clock needs
// it. A CPU has.
void Synchronize(const c10::Device& device);

}  // namespace wsel::train
