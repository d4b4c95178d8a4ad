#pragma once

#include <c10/core/Device.h>

#include <string>

#include "wsel/train/options.h"

namespace wsel::train {

struct PrecisionChoice {
  Precision precision = Precision::kFp32;  // never kAuto
  std::string reason;                      // "no AMX: bf16 would be slower"
};

// What kAuto means on a device, and the wish itself otherwise. On a CPU bf16 is
// fast with AMX alone; with less it can be 400 times slower than fp32. On a GPU
// bf16 wherever the tensor cores have it.
// Errors: kConfig for fp16 on a CPU.
PrecisionChoice Choose(Precision wish, const c10::Device& device);

// While it lives, matrix products of this thread run in `precision`, as under
// torch.autocast. Nothing happens for kFp32.
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
