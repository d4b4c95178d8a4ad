// Torch-free.
#pragma once

#include <string>

namespace wsel::kernels {

// The library that multiplies float32 matrices on the CPU.
enum class GemmBackend { kOneDnn, kTorch };

// The one in use. The environment variable WSEL_GEMM chooses it: "onednn"
// (libdnnl), "torch" (LibTorch, which uses MKL on x86-64), or "auto", the
// default: oneDNN if it is installed, otherwise LibTorch, whose MKL has its
// fast kernels only for Intel's processors (docs/performance.md).
// Errors: kUsage if WSEL_GEMM is something else; kConfig if it is "onednn" and
// libdnnl cannot be used, with the reason.
GemmBackend ActiveGemmBackend();

// The backend in use with its version, "onednn 2.6.3", or "torch". Errors: as
// above.
std::string GemmBackendName();

}  // namespace wsel::kernels
