#include "simd/kernels.h"

namespace wsel::kernels {
namespace {

template <InstructionSet set>
constexpr Kernels kKernels = {GeluAndGradient<set>, AddTaps<set>};

}  // namespace

const Kernels& KernelsFor(InstructionSet set) {
#if defined(__x86_64__)
  if (set == InstructionSet::kAvx512) return kKernels<InstructionSet::kAvx512>;
  if (set == InstructionSet::kAvx2) return kKernels<InstructionSet::kAvx2>;
#endif
  static_cast<void>(set);
  return kKernels<InstructionSet::kBaseline>;
}

const Kernels& ActiveKernels() {
  static const Kernels& kernels = KernelsFor(ActiveInstructionSet());
  return kernels;
}

}  // namespace wsel::kernels
