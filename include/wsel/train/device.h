#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace wsel::train {

// "auto" (the first GPU if there is one, else the CPU), "cpu", "cuda" or
// "cuda:1". Errors: kUsage for an unknown device, or a GPU in a CPU build or on
// a machine without one.
c10::Device FindDevice(const std::string& name);

// The devices that parallel runs are assigned in turn: all GPUs for "auto" if
// there are any, else the one named. Errors: as FindDevice.
std::vector<std::string> DevicesOf(const std::string& name);

// Bytes that a computation may allocate on the device: half of the free memory.
int64_t MemoryBudget(const c10::Device& device);

}  // namespace wsel::train
