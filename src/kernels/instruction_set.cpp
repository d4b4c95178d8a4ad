#include "wsel/kernels/instruction_set.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "simd/kernels.h"
#include "wsel/core/registry.h"

namespace wsel::kernels {
namespace {

constexpr Registered<InstructionSet> kRows[] = {
    {InstructionSet::kBaseline, "baseline"},
    {InstructionSet::kAvx2, "avx2"},
    {InstructionSet::kAvx512, "avx512"}};
constexpr Registry<InstructionSet> kNames("instruction set", kRows);

std::vector<InstructionSet> DetectSupported() {
  std::vector<InstructionSet> sets = {InstructionSet::kBaseline};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    sets.push_back(InstructionSet::kAvx2);
  }
  if (__builtin_cpu_supports("avx512f")) {
    sets.push_back(InstructionSet::kAvx512);
  }
#endif
  return sets;
}

InstructionSet Choose() {
  const auto supported = SupportedInstructionSets();
  const char* wanted = std::getenv("WSEL_ISA");
  if (wanted == nullptr || *wanted == '\0') return supported.back();
  const InstructionSet set = kNames.Find(wanted, "WSEL_ISA");
  if (std::ranges::find(supported, set) != supported.end()) return set;
  throw Error(
      ErrorKind::kConfig, "WSEL_ISA",
      "this processor does not support {}; unset the variable, or use {}",
      wanted, NameOf(supported.back()));
}

template <InstructionSet set>
constexpr Kernels kKernels = {GeluAndGradient<set>,     AddTaps<set>,
                              RoundRows<set>,           PairRows<set>,
                              TransposeWords<set>,      NormaliseRows<set>,
                              NormGradientRows<set>,    GeluRows<set>,
                              GeluGradientRows<set>,    SoftmaxRows<set>,
                              SoftmaxGradientRows<set>, AddRows<set>};

}  // namespace

std::string_view NameOf(InstructionSet set) { return kNames.NameOf(set); }

std::span<const InstructionSet> SupportedInstructionSets() {
  static const std::vector<InstructionSet> sets = DetectSupported();
  return sets;
}

InstructionSet ActiveInstructionSet() {
  static const InstructionSet set = Choose();
  return set;
}

const Kernels& KernelsFor([[maybe_unused]] InstructionSet set) {
#if defined(__x86_64__)
  if (set == InstructionSet::kAvx512) return kKernels<InstructionSet::kAvx512>;
  if (set == InstructionSet::kAvx2) return kKernels<InstructionSet::kAvx2>;
#endif
  return kKernels<InstructionSet::kBaseline>;
}

const Kernels& ActiveKernels() {
  static const Kernels& kernels = KernelsFor(ActiveInstructionSet());
  return kernels;
}

}  // namespace wsel::kernels
