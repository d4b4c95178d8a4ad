#include "kernels/gemm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/hashed_tensors.h"

namespace wsel::kernels {
namespace {

using model::HashedNormalTensor;

at::Tensor Hashed(const std::string& name, int64_t rows, int64_t columns) {
  return HashedNormalTensor(name, {rows, columns});
}

void ExpectNear(const at::Tensor& found, const at::Tensor& expected) {
  const auto error =
      (found.to(at::kDouble) - expected).norm() / expected.norm();
  EXPECT_LT(error.item<double>(), 1e-6);
}

// Every memory layout that the branches use.
TEST(Gemm, AcceptsRowMajorColumnMajorAndSlicedMatrices) {
  const auto a = Hashed("a", 65, 32);
  const auto b = Hashed("b", 32, 48);
  const auto wide = Hashed("wide", 65, 96);
  const auto expected = [](const at::Tensor& x, const at::Tensor& y) {
    return at::mm(x.to(at::kDouble), y.to(at::kDouble));
  };
  for (const auto& [x, y] :
       {std::pair(a, b), std::pair(a.t().contiguous().t(), b),
        std::pair(a, b.t().contiguous().t()),
        std::pair(wide.slice(1, 32, 64), b),
        std::pair(a.slice(0, 0, 1), b.slice(1, 0, 1)),
        std::pair(a.slice(1, 0, 1), b.slice(0, 0, 1))}) {
    const auto c = at::empty({x.size(0), y.size(1)});
    Gemm(c, x, y, 0);
    ExpectNear(c, expected(x, y));
  }
}

TEST(Gemm, AccumulatesAndLeavesOtherElementsUnchanged) {
  const auto a = Hashed("a", 65, 32);
  const auto b = Hashed("b", 32, 16);
  at::Tensor whole = Hashed("c", 65, 48);
  const auto before = whole.clone();
  const auto middle = whole.slice(1, 16, 32);
  Gemm(middle, a, b, /*beta=*/0.5, /*alpha=*/2);
  ExpectNear(middle, 0.5 * before.slice(1, 16, 32).to(at::kDouble) +
                         2 * at::mm(a.to(at::kDouble), b.to(at::kDouble)));
  middle.copy_(before.slice(1, 16, 32));
  EXPECT_TRUE(at::equal(whole, before));
}

// Beta 0 must ignore the previous content.
TEST(Gemm, OverwritesNan) {
  const auto c = at::full({65, 48}, NAN);
  Gemm(c, Hashed("a", 65, 32), Hashed("b", 32, 48), 0);
  EXPECT_TRUE(at::isfinite(c).all().item<bool>());
}

TEST(LinearInto, AppliesWeightAndBias) {
  const auto rows = Hashed("rows", 65, 32);
  const auto weight = Hashed("weight", 48, 32);
  const auto bias = Hashed("bias", 1, 48)[0];
  const auto expected =
      at::mm(rows.to(at::kDouble), weight.t().to(at::kDouble));
  const auto out = at::full({65, 48}, NAN);
  LinearInto(out, rows, weight, {});
  ExpectNear(out, expected);
  LinearInto(out, rows, weight, bias);
  ExpectNear(out, expected + bias.to(at::kDouble));
}

}  // namespace
}  // namespace wsel::kernels
