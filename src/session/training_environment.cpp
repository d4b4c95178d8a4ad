#include "wsel/session/training_environment.h"

#include <malloc.h>

#include <climits>
#include <cstdlib>

#include "wsel/kernels/kernel_record.h"

namespace wsel::session {
namespace {

// Thresholds beyond any allocation of a run, so that no memory is returned to
// the kernel.
void KeepFreedMemory() {
#if defined(__GLIBC__)
  if (std::getenv("GLIBC_TUNABLES") != nullptr) return;  // the user's choice
  mallopt(M_MMAP_THRESHOLD, INT_MAX);
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace

void PrepareToCompute() {
  KeepFreedMemory();
  kernels::CurrentBf16Kernels();
}

}  // namespace wsel::session
