#include "wsel/train/device.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "wsel/core/error.h"
#include "wsel/kernels/bf16.h"

namespace wsel::train {
namespace {

// The kernel's estimate of what can be allocated without swapping.
int64_t FreeHostMemory() {
  std::ifstream info("/proc/meminfo");
  std::string word;
  while (info >> word) {
    int64_t kilobytes = 0;
    if (word == "MemAvailable:" && info >> kilobytes) return kilobytes * 1024;
    info.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return int64_t{4} << 30;  // not Linux
}

// What auto is on a CPU, by the fastest bf16 products that it has.
struct CpuPrecision {
  kernels::Bf16Products products;
  Precision precision;
  const char* reason;
};
constexpr CpuPrecision kCpuPrecisions[] = {
    {kernels::Bf16Products::kAmx, Precision::kBf16, "the CPU has AMX for bf16"},
    {kernels::Bf16Products::kAvx512, Precision::kBf16,
     "the CPU has AVX-512 BF16"},
    {kernels::Bf16Products::kWidened, Precision::kFp32,
     "the CPU has neither AMX nor AVX-512 BF16, without which bf16 is slow"}};

PrecisionChoice FastestOnCpu() {
  const auto fastest = kernels::SupportedBf16Products().back();
  const auto* row =
      std::ranges::find(kCpuPrecisions, fastest, &CpuPrecision::products);
  return {row->precision, row->reason};
}

int CountDevices(const c10::Device& device) {
  return c10::impl::VirtualGuardImpl(device.type()).deviceCount();
}

}  // namespace

c10::Device FindDevice(const std::string& name) {
  const bool cuda = at::hasCUDA() && at::globalContext().hasCUDA();
  if (name == "auto") {
    return cuda ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU);
  }
  if (name == "cpu") return c10::kCPU;
  const bool known =
      name == "cuda" || (name.starts_with("cuda:") && name.size() == 6 &&
                         name.back() >= '0' && name.back() <= '9');
  if (!known) {
    throw Error(ErrorKind::kUsage, "device",
                "expected auto, cpu, cuda or cuda:1, not '{}'", name);
  }
  if (!cuda) {
    throw Error(ErrorKind::kUsage, "device",
                "no CUDA device: either this build has no CUDA support (see "
                "wsel --version), or this machine has no GPU");
  }
  const int index = name == "cuda" ? 0 : name.back() - '0';
  const c10::Device device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
  if (const int devices = CountDevices(device); index >= devices) {
    throw Error(ErrorKind::kUsage, "device",
                "is {}, and this machine has {} GPU{}, counted from 0", name,
                devices, devices == 1 ? "" : "s");
  }
  return device;
}

c10::Device FindRankDevice(const std::string& name, int local_rank,
                           int local_size) {
  const c10::Device first = FindDevice(name);
  if (first.is_cpu()) return first;
  const int devices = CountDevices(first);
  const bool given =
      devices == 1 && std::getenv("CUDA_VISIBLE_DEVICES") != nullptr;
  if (local_size > 1 && !given) RequireDevicePerRank(name, local_size, devices);
  const int index = local_size > 1 && !given ? local_rank : first.index();
  const c10::Device device(first.type(), static_cast<c10::DeviceIndex>(index));
  c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
  return device;
}

void RequireDevicePerRank(const std::string& name, int ranks, int devices) {
  if (name.starts_with("cuda:")) {
    throw Error(ErrorKind::kUsage, "device",
                "is {}, one GPU, but {} ranks on this machine need one each: "
                "choose cuda",
                name, ranks);
  }
  if (ranks <= devices) return;
  throw Error(
      ErrorKind::kUsage, "ranks",
      "are {} on this machine, which has {} GPU{}: start as many ranks, "
      "or choose `device` cpu",
      ranks, devices, devices == 1 ? "" : "s");
}

void RequireDevices(const std::string& name, int ranks) {
  const c10::Device first = FindDevice(name);
  if (!first.is_cpu()) RequireDevicePerRank(name, ranks, CountDevices(first));
}

std::vector<std::string> DevicesOf(const std::string& name) {
  const c10::Device first = FindDevice(name);
  if (name != "auto" || first.is_cpu()) return {name};
  std::vector<std::string> devices;
  for (int i = 0; i < CountDevices(first); ++i) {
    devices.push_back(fmt::format("cuda:{}", i));
  }
  return devices;
}

int64_t FreeMemory(const c10::Device& device) {
  if (device.is_cpu()) return FreeHostMemory();
  const auto [free, total] =
      c10::getDeviceAllocator(device.type())->getMemoryInfo(device.index());
  return static_cast<int64_t>(free);
}

int64_t MemoryBudget(const c10::Device& device) {
  return FreeMemory(device) / 2;
}

void Synchronize(const c10::Device& device) {
  if (device.is_cpu()) return;
  c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

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
  at::autocast::set_autocast_dtype(
      type_, precision == Precision::kFp16 ? at::kHalf : at::kBFloat16);
  at::autocast::set_autocast_enabled(type_, true);
}

Autocast::~Autocast() {
  if (!active_) return;
  at::autocast::set_autocast_enabled(type_, false);
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
}

}  // namespace wsel::train
