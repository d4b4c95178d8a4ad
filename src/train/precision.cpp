#include "wsel/train/precision.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/cpu/Utils.h>

#include "wsel/core/error.h"

namespace wsel::train {
namespace {

bool Has(const char* capability) {
  const auto all = at::cpu::get_cpu_capabilities();
  const auto found = all.find(capability);
  return found != all.end() && found->second.isBool() && found->second.toBool();
}

PrecisionChoice FastestOnCpu() {
  if (Has("amx_bf16") && Has("amx_tile") && at::cpu::init_amx()) {
    return {Precision::kBf16, "the CPU has AMX for bf16"};
  }
  return {Precision::kFp32, "the CPU has no AMX, without which bf16 is slow"};
}

at::ScalarType DtypeOf(Precision precision) {
  return precision == Precision::kFp16 ? at::kHalf : at::kBFloat16;
}

}  // namespace

PrecisionChoice ResolvePrecision(Precision requested,
                                 const c10::Device& device) {
  if (requested == Precision::kFp16 && device.is_cpu()) {
    throw Error(ErrorKind::kConfig, "train.precision",
                "fp16 needs a GPU; on a CPU choose bf16, fp32 or auto");
  }
  if (requested != Precision::kAuto) return {requested, "as requested"};
  if (device.is_cpu()) return FastestOnCpu();
  return {Precision::kBf16, "the GPU's tensor cores support bf16"};
}

Autocast::Autocast(Precision precision, const c10::Device& device)
    : active_(precision != Precision::kFp32), type_(device.type()) {
  if (!active_) return;
  at::autocast::increment_nesting();
  at::autocast::set_autocast_dtype(type_, DtypeOf(precision));
  at::autocast::set_autocast_enabled(type_, true);
}

Autocast::~Autocast() {
  if (!active_) return;
  at::autocast::set_autocast_enabled(type_, false);
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
}

}  // namespace wsel::train
