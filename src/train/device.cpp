#include "wsel/train/device.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>

#include <fstream>
#include <limits>

#include "wsel/core/error.h"

namespace wsel::train {
namespace {

// The kernel's estimate of what can be allocated without swapping.
int64_t FreeMemory() {
  std::ifstream info("/proc/meminfo");
  std::string word;
  while (info >> word) {
    int64_t kilobytes = 0;
    if (word == "MemAvailable:" && info >> kilobytes) return kilobytes * 1024;
    info.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return int64_t{4} << 30;  // not Linux
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
    throw Error(
        ErrorKind::kUsage, "device",
        fmt::format("expected auto, cpu, cuda or cuda:1, not '{}'", name));
  }
  if (!cuda) {
    throw Error(ErrorKind::kUsage, "device",
                "no CUDA device: either this build has no CUDA support (see "
                "wsel --version), or this machine has no GPU");
  }
  const int index = name == "cuda" ? 0 : name.back() - '0';
  return {c10::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

std::vector<std::string> DevicesOf(const std::string& name) {
  const c10::Device first = FindDevice(name);
  if (name != "auto" || first.is_cpu()) return {name};
  const int count = c10::impl::VirtualGuardImpl(first.type()).deviceCount();
  std::vector<std::string> devices;
  for (int i = 0; i < count; ++i) devices.push_back(fmt::format("cuda:{}", i));
  return devices;
}

int64_t MemoryBudget(const c10::Device& device) {
  if (device.is_cpu()) return FreeMemory() / 2;
  const auto [free, total] =
      c10::getDeviceAllocator(device.type())->getMemoryInfo(device.index());
  return static_cast<int64_t>(free / 2);
}

}  // namespace wsel::train
