#include "backends.h"
#include "wsel/core/error.h"
#include "wsel/distributed/process_group.h"

#ifdef USE_C10D_GLOO
#include <cstdlib>
#include <mutex>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif

namespace wsel::distributed {

#ifdef USE_C10D_GLOO
namespace {

using Gloo = c10d::ProcessGroupGloo;

// GLOO_SOCKET_IFNAME as in PyTorch: "eth0".
auto NetworkDevice() {
  const std::string interface = ProcessEnvironment("GLOO_SOCKET_IFNAME");
  return interface.empty() ? Gloo::createDefaultDevice()
                           : Gloo::createDeviceForInterface(interface);
}

// c10d's flight recorder enters each process group into a map of the process
// without a lock, so two groups in two threads can corrupt it; nothing here
// reads what it records. TORCH_FR_BUFFER_SIZE=2000, PyTorch's default, keeps
// it.
void TurnOffFlightRecorder() {
  static std::once_flag once;
  std::call_once(once,
                 [] { setenv("TORCH_FR_BUFFER_SIZE", "0", /*overwrite=*/0); });
}

}  // namespace

bool HasGloo() { return true; }

c10::intrusive_ptr<c10d::Backend> MakeGloo(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int size) {
  TurnOffFlightRecorder();
  const auto options = Gloo::Options::create(kTransferTimeout);
  options->devices.push_back(NetworkDevice());
  return c10::make_intrusive<Gloo>(store, rank, size, options);
}
#else
bool HasGloo() { return false; }

c10::intrusive_ptr<c10d::Backend> MakeGloo(
    const c10::intrusive_ptr<c10d::Store>& /*store*/, int /*rank*/,
    int /*size*/) {
  throw Error(
      ErrorKind::kConfig, "ranks",
      "this build has no Gloo: install libgloo-dev, which scripts/setup "
      "does, and build again");
}
#endif

}  // namespace wsel::distributed
