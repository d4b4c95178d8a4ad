#include "select/pseudo_inverse.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace wsel::select {
namespace {

// [rows, inner] x [inner, columns]
std::vector<double> TimesMatrix(const std::vector<double>& a,
                                const std::vector<double>& b, size_t inner) {
  const size_t rows = a.size() / inner;
  const size_t columns = b.size() / inner;
  std::vector<double> out(rows * columns);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c) {
      for (size_t i = 0; i < inner; ++i) {
        out[r * columns + c] += a[r * inner + i] * b[i * columns + c];
      }
    }
  }
  return out;
}

void ExpectIdentity(const std::vector<double>& matrix, size_t n) {
  ASSERT_EQ(matrix.size(), n * n);
  for (size_t i = 0; i < matrix.size(); ++i) {
    EXPECT_NEAR(matrix[i], i % (n + 1) == 0 ? 1 : 0, 1e-14) << i;
  }
}

const std::vector<double>& SixNumbers() {
  static const std::vector<double> numbers = {2, -1, 0.5, 3, 1, 1};
  return numbers;
}

TEST(PseudoInverse, OfATallMatrixIsALeftInverse) {
  const auto inverse = PseudoInverse(SixNumbers(), 3, 2);
  ExpectIdentity(TimesMatrix(inverse, SixNumbers(), 3), 2);
}

TEST(PseudoInverse, OfAWideMatrixIsARightInverse) {
  const auto inverse = PseudoInverse(SixNumbers(), 2, 3);
  ExpectIdentity(TimesMatrix(SixNumbers(), inverse, 3), 2);
}

// A left inverse is the pseudo-inverse if its product from the other side is
// symmetric.
TEST(PseudoInverse, IsTheOneOfLeastSquares) {
  const auto inverse = PseudoInverse(SixNumbers(), 3, 2);
  const auto projection = TimesMatrix(SixNumbers(), inverse, 2);
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < i; ++j) {
      EXPECT_NEAR(projection[i * 3 + j], projection[j * 3 + i], 1e-14);
    }
  }
}

TEST(PseudoInverse, NeedsFullRank) {
  const std::vector<double> same = {1, 2, 1, 2, 1, 2};
  EXPECT_THROW(PseudoInverse(same, 3, 2), std::logic_error);
  EXPECT_THROW(PseudoInverse(std::vector<double>(4), 2, 2), std::logic_error);
}

}  // namespace
}  // namespace wsel::select
