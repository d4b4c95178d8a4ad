// Torch-free.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace wsel::kernels {

// What multiplies the bf16 matrices of residual branches on the CPU. All
// accumulate in float32, in orders of their own.
enum class Bf16Products {
  kOff,      // no branches by hand: LibTorch's operators under autocast
  kWidened,  // operands rounded to bf16, multiplied in float32
  kAvx512,   // the instruction VDPBF16PS of AVX-512 BF16
  kAmx,      // oneDNN's AMX kernels, those in LibTorch
};

// "off", "widened", "avx512_bf16" or "amx".
std::string_view NameOf(Bf16Products products);

// Those that this processor and its kernel support, the fastest last; begins
// with kOff and kWidened.
std::span<const Bf16Products> SupportedBf16Products();

// Whether the processor multiplies bf16 faster than float32.
bool HasNativeBf16();

// The one in use: the fastest that is supported, or that which the environment
// variable WSEL_BF16 names: one of the names above, or "native", the fastest
// of the processor's own.
// Errors: kUsage if WSEL_BF16 is something else; kConfig if the processor does
// not support it.
Bf16Products ActiveBf16Products();

}  // namespace wsel::kernels
