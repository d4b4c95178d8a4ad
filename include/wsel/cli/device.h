#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace wsel::cli {

// "auto" (the first GPU where this build and machine have one), "cpu", "cuda"
// or "cuda:1". Errors: kUsage for a device that is none or is not here.
c10::Device FindDevice(const std::string& name);

// What runs side by side are given in turn: all GPUs for "auto", where there
// are any, else the one named. Errors: as FindDevice.
std::vector<std::string> DevicesOf(const std::string& name);

// Bytes that a computation may take there: half of what is free.
int64_t MemoryBudget(const c10::Device& device);

}  // namespace wsel::cli
