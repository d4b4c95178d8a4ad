#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>

namespace wsel::model {

// A view of a float32 matrix on the CPU, contiguous along rows or columns.
struct Matrix {
  Matrix(float* first, int64_t row_count, int64_t column_count,
         int64_t row_step)
      : data(first),
        rows(row_count),
        columns(column_count),
        row_stride(row_step),
        column_stride(1) {}
  explicit Matrix(const at::Tensor& t)
      : data(t.data_ptr<float>()),
        rows(t.size(0)),
        columns(t.size(1)),
        row_stride(t.stride(0)),
        column_stride(t.stride(1)) {}

  Matrix Transposed() const {
    Matrix t = *this;
    std::swap(t.rows, t.columns);
    std::swap(t.row_stride, t.column_stride);
    return t;
  }

  float* data;
  int64_t rows, columns;
  int64_t row_stride, column_stride;  // in elements
};

// c = beta c + alpha a b: a [M, K], b [K, N], c [M, N] contiguous along its
// rows. Within a parallel region it runs on the calling thread.
//
// Uses oneDNN (libdnnl) if it is installed, otherwise LibTorch, whose MKL has
// its fast kernels only for Intel's processors and takes twice as long on
// others (BENCHMARKS.md).
void Gemm(const Matrix& c, const Matrix& a, const Matrix& b, double beta,
          double alpha = 1);

inline void Gemm(const at::Tensor& c, const at::Tensor& a, const at::Tensor& b,
                 double beta, double alpha = 1) {
  Gemm(Matrix(c), Matrix(a), Matrix(b), beta, alpha);
}

// a b, as a new tensor.
at::Tensor Matmul(const at::Tensor& a, const at::Tensor& b);

// Rows [M, K] -> out [M, N] = rows weight^T + bias, which may be undefined.
void LinearInto(const at::Tensor& out, const at::Tensor& rows,
                const at::Tensor& weight, const at::Tensor& bias);

}  // namespace wsel::model
