#include "pseudo_inverse.h"

#include <cmath>
#include <cstddef>
#include <stdexcept>

namespace wsel::select {
namespace {

std::vector<double> Transposed(std::span<const double> matrix, size_t rows,
                               size_t columns) {
  std::vector<double> out(matrix.size());
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c) {
      out[c * rows + r] = matrix[r * columns + c];
    }
  }
  return out;
}

// A^T A [n, n] of A [rows, n].
std::vector<double> GramMatrix(std::span<const double> matrix, size_t rows,
                               size_t n) {
  std::vector<double> out(n * n);
  for (size_t r = 0; r < rows; ++r) {
    const auto row = matrix.subspan(r * n, n);
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) out[i * n + j] += row[i] * row[j];
    }
  }
  return out;
}

// L [n, n], lower triangular, of a matrix L L^T; in its place.
void FactorByCholesky(std::vector<double>& a, size_t n) {
  const auto less_products = [&](size_t i, size_t j) {
    double value = a[i * n + j];
    for (size_t k = 0; k < j; ++k) value -= a[i * n + k] * a[j * n + k];
    return value;
  };
  for (size_t j = 0; j < n; ++j) {
    const double pivot = less_products(j, j);
    if (!(pivot > 0)) throw std::logic_error("a matrix without full rank");
    a[j * n + j] = std::sqrt(pivot);
    for (size_t i = j + 1; i < n; ++i) {
      a[i * n + j] = less_products(i, j) / a[j * n + j];
    }
  }
}

// Solves L L^T X = B for X [n, count], in the place of B.
void SolveByCholesky(const std::vector<double>& l, size_t n,
                     std::vector<double>& b, size_t count) {
  const auto subtract = [&](size_t from, size_t to, double factor) {
    for (size_t c = 0; c < count; ++c) {
      b[to * count + c] -= factor * b[from * count + c];
    }
  };
  const auto divide = [&](size_t row) {
    for (size_t c = 0; c < count; ++c) b[row * count + c] /= l[row * n + row];
  };
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) subtract(k, i, l[i * n + k]);
    divide(i);
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) subtract(k, i, l[k * n + i]);
    divide(i);
  }
}

// Of a matrix with at least as many rows as columns.
std::vector<double> InverseOfTall(std::span<const double> matrix, size_t rows,
                                  size_t columns) {
  std::vector<double> gram = GramMatrix(matrix, rows, columns);
  FactorByCholesky(gram, columns);
  std::vector<double> out = Transposed(matrix, rows, columns);
  SolveByCholesky(gram, columns, out, rows);
  return out;
}

}  // namespace

std::vector<double> PseudoInverse(std::span<const double> matrix, int64_t rows,
                                  int64_t columns) {
  const auto height = static_cast<size_t>(rows);
  const auto width = static_cast<size_t>(columns);
  if (height >= width) return InverseOfTall(matrix, height, width);
  const auto transposed = Transposed(matrix, height, width);
  return Transposed(InverseOfTall(transposed, width, height), height, width);
}

}  // namespace wsel::select
