#pragma once

#include <c10/core/Device.h>

#include <string>

#include "wsel/train/options.h"

namespace wsel::train {

struct PrecisionChoice {
  Precision precision = Precision::kFp32;  // never kAuto
  std::string reason;                      // "the CPU has no AMX, ..."
};

// Resolves kAuto for a device; returns any other `requested` unchanged. On a
// CPU bf16 is fast only with AMX; without it bf16 can be 400 times slower than
// fp32. On a GPU kAuto is bf16. Errors: kConfig for fp16 on a CPU.
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
