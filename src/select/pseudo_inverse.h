// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace wsel::select {

// The Moore-Penrose inverse [columns, rows] of a matrix [rows, columns] of full
// rank, row-major: (A^T A)^-1 A^T, or A^T (A A^T)^-1 of a wide one, by Cholesky
// decomposition in float64. Its error grows with the square of the condition
// number, which is at most 5 for resizing between sides of up to 48 pixels.
// The same bits on every machine. Errors: std::logic_error if the rank is not
// full.
std::vector<double> PseudoInverse(std::span<const double> matrix, int64_t rows,
                                  int64_t columns);

}  // namespace wsel::select
