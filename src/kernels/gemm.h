#pragma once

#include <ATen/core/Tensor.h>

#include "gemm_backend.h"

namespace wsel::kernels {

// The matrix that a float32 tensor on the CPU holds, without a copy.
Matrix MatrixOf(const at::Tensor& t);

// c = beta c + alpha a b: a [M, K], b [K, N], c [M, N] contiguous along its
// rows. Within a parallel region it runs on the calling thread. Uses
// ActiveGemmBackend().
void Gemm(const Matrix& c, const Matrix& a, const Matrix& b, double beta,
          double alpha = 1);

inline void Gemm(const at::Tensor& c, const at::Tensor& a, const at::Tensor& b,
                 double beta, double alpha = 1) {
  Gemm(MatrixOf(c), MatrixOf(a), MatrixOf(b), beta, alpha);
}

// a b, as a new tensor.
at::Tensor Matmul(const at::Tensor& a, const at::Tensor& b);

// Rows [M, K] -> out [M, N] = rows weight^T + bias, which may be undefined.
void LinearInto(const at::Tensor& out, const at::Tensor& rows,
                const at::Tensor& weight, const at::Tensor& bias);

}  // namespace wsel::kernels
