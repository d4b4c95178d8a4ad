// Torch-free.
#pragma once

#include <cstdint>
#include <string>

namespace wsel::kernels {

// The library that multiplies float32 matrices on the CPU.
enum class GemmBackend { kOneDnn, kTorch };

// The one in use. The environment variable WSEL_GEMM chooses it: "onednn"
// (libdnnl), "torch" (LibTorch, which uses MKL on x86-64), or "auto", the
// default: oneDNN if it is installed, otherwise LibTorch; its MKL has fast
// kernels only for Intel's processors (docs/performance.md).
// Errors: kUsage if WSEL_GEMM is something else; kConfig if it is "onednn" and
// libdnnl cannot be used, with the reason.
GemmBackend ActiveGemmBackend();

// The backend in use with its version, "onednn 2.6.3", or "torch". Errors: as
// above.
std::string GemmBackendName();

// A view of a float32 matrix on the CPU, contiguous along rows or columns.
struct Matrix {
  Matrix Transposed() const {
    return {data, columns, rows, column_stride, row_stride};
  }

  float* data = nullptr;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t row_stride = 0;  // in elements
  int64_t column_stride = 1;
};

// oneDNN's sgemm, from the libdnnl that is installed (Debian: libdnnl3 or
// libdnnl2). The library is opened at the first call of either.

// Why no libdnnl can be used, for a message; "" if one can.
std::string WhyNoOneDnn();

// c = beta c + alpha a b, as Gemm() in gemm.h, where there is a libdnnl.
// Errors: std::runtime_error if oneDNN reports one.
void OneDnnGemm(const Matrix& c, const Matrix& a, const Matrix& b, float beta,
                float alpha);

}  // namespace wsel::kernels
