// Torch-free.
#pragma once

namespace wsel::model {

// Floating-point operations of [rows, inner] x [inner, columns]. In double:
// exact below 2^53, and no overflow for the largest valid model.
inline double MatMul(double rows, double inner, double columns) {
  return 2 * rows * inner * columns;
}

}  // namespace wsel::model
