#include "wsel/train/synchronize.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace wsel::train {

void Synchronize(const c10::Device& device) {
  if (device.is_cpu()) return;
  c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

}  // namespace wsel::train
