// Torch-free.
#pragma once

#include <cstdint>
#include <utility>

namespace wsel::kernels {

// A view of a float32 matrix on the CPU, contiguous along rows or columns.
struct Matrix {
  Matrix Transposed() const {
    Matrix t = *this;
    std::swap(t.rows, t.columns);
    std::swap(t.row_stride, t.column_stride);
    return t;
  }

  float* data = nullptr;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t row_stride = 0;  // in elements
  int64_t column_stride = 1;
};

}  // namespace wsel::kernels
