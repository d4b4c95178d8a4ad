// Torch-free.
#pragma once

#include <span>
#include <string_view>

namespace wsel::kernels {

// What the hand-written kernels are compiled for, from the slowest up: AVX2
// stands for AVX2 and FMA, AVX-512 for its foundation. On processors other than
// x86-64 there is only the baseline.
enum class InstructionSet { kBaseline, kAvx2, kAvx512 };

// "baseline", "avx2" or "avx512".
std::string_view NameOf(InstructionSet set);

// Those that this processor has, from the slowest up.
std::span<const InstructionSet> SupportedInstructionSets();

// The one that the kernels use: the fastest, or that which the environment
// variable WSEL_ISA names. The results of two differ in their last bits.
// Errors: kUsage if WSEL_ISA names none; kConfig if the processor lacks it.
InstructionSet ActiveInstructionSet();

}  // namespace wsel::kernels
