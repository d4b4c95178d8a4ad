#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

#include "wsel/train/options.h"

namespace wsel::train {

// "auto" (the first GPU if there is one, else the CPU), "cpu", "cuda" or
// "cuda:1". Errors: kUsage for an unknown device, or a GPU in a CPU build or on
// a machine without one.
c10::Device FindDevice(const std::string& name);

// That of one of `local_size` ranks on this machine, which have a GPU each; it
// becomes the thread's current one. Errors: as FindDevice; kUsage if `name` is
// one GPU's, or for more ranks than GPUs. A rank that sees one GPU of several
// ranks was given its own by the launcher.
c10::Device FindRankDevice(const std::string& name, int local_rank,
                           int local_size);

// Errors: kUsage with the numbers unless each of `ranks` on this machine has
// one of its `devices` GPUs; also if `name` is one GPU's.
void RequireDevicePerRank(const std::string& name, int ranks, int devices);

// Errors: kUsage if `ranks` started here would be more than the GPUs.
void RequireDevices(const std::string& name, int ranks);

// The devices that parallel runs are assigned in turn: all GPUs for "auto" if
// there are any, else the one named. Errors: as FindDevice.
std::vector<std::string> DevicesOf(const std::string& name);

// Bytes that are free on the device: of the CPU's those that can be allocated
// without swapping.
int64_t FreeMemory(const c10::Device& device);

// Bytes that a computation may allocate on the device: half of the free memory.
int64_t MemoryBudget(const c10::Device& device);

// Waits until all work queued on the device is done, as is needed before
// reading a clock. Returns immediately for a CPU.
void Synchronize(const c10::Device& device);

struct PrecisionChoice {
  Precision precision = Precision::kFp32;  // never kAuto
  std::string reason;                      // "the CPU has AMX for bf16"
};

// Resolves kAuto for a device; returns any other `requested` unchanged. On a
// CPU it is bf16 where the processor has AMX or AVX-512 BF16, else fp32, on a
// GPU bf16. Errors: kConfig for fp16 on a CPU.
PrecisionChoice ResolvePrecision(Precision requested,
                                 const c10::Device& device);

// While it lives, matrix products of this thread run in `precision`, as under
// torch.autocast. No effect for kFp32.
class Autocast {
 public:
  Autocast(Precision precision, const c10::Device& device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool active_ = false;
  c10::DeviceType type_;
};

}  // namespace wsel::train
