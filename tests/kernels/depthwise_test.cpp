// The hand-written gradient against LibTorch's operators in float64.

#include "wsel/kernels/depthwise.h"

#include <ATen/core/grad_mode.h>

#include "model/hashed_tensors.h"
#include "relative_error.h"

namespace wsel::kernels {
namespace {

using model::HashedNormalTensor;

struct Depthwise {
  at::Tensor x, weight, bias;  // leaves
  at::Tensor cotangent;
};

Depthwise MakeDepthwise(int64_t images, int64_t height, int64_t width,
                        int64_t channels) {
  const std::vector<int64_t> shape = {images, height, width, channels};
  return {HashedNormalTensor("x", shape).requires_grad_(),
          HashedNormalTensor("weight", {channels, 1, 7, 7}).requires_grad_(),
          HashedNormalTensor("bias", {channels}).requires_grad_(),
          HashedNormalTensor("cotangent", shape)};
}

Depthwise DepthwiseInDouble(const Depthwise& c) {
  const auto leaf = [](const at::Tensor& t) {
    return t.detach().to(at::kDouble).requires_grad_(t.requires_grad());
  };
  return {leaf(c.x), leaf(c.weight), leaf(c.bias), leaf(c.cotangent)};
}

// Runs forward and backward; returns the output.
at::Tensor RunDepthwise(const Depthwise& c) {
  const at::Tensor y = DepthwiseConv(c.x, c.weight, c.bias);
  (y * c.cotangent).sum().backward();
  return y.detach();
}

void ExpectDepthwiseCloseToDouble(const Depthwise& c) {
  const Depthwise exact = DepthwiseInDouble(c);
  EXPECT_LT(RelativeError(RunDepthwise(c), RunDepthwise(exact)), 1e-6);
  EXPECT_LT(RelativeError(c.x.grad(), exact.x.grad()), 1e-6);
  EXPECT_LT(RelativeError(c.weight.grad(), exact.weight.grad()), 2e-6);
  EXPECT_LT(RelativeError(c.bias.grad(), exact.bias.grad()), 2e-6);
}

TEST(Depthwise, MatchesTheOperators) {
  ExpectDepthwiseCloseToDouble(MakeDepthwise(2, 14, 14, 48));
  ExpectDepthwiseCloseToDouble(MakeDepthwise(3, 9, 23, 16));
}

TEST(Depthwise, ChannelsMayNotFillABlock) {
  ExpectDepthwiseCloseToDouble(MakeDepthwise(2, 8, 8, 40));
  ExpectDepthwiseCloseToDouble(MakeDepthwise(2, 8, 8, 5));
}

TEST(Depthwise, MapsMayBeSmallerThanTheKernel) {
  for (const int64_t size : {1, 2, 3, 6}) {
    ExpectDepthwiseCloseToDouble(MakeDepthwise(2, size, 4, 20));
    ExpectDepthwiseCloseToDouble(MakeDepthwise(2, 4, size, 20));
  }
}

TEST(Depthwise, AcceptsNonContiguousMaps) {
  Depthwise c = MakeDepthwise(2, 12, 10, 16);
  const Depthwise exact = DepthwiseInDouble(c);
  const auto view = [](const Depthwise& of) {
    return (DepthwiseConv(of.x.transpose(1, 2), of.weight, of.bias) *
            of.cotangent.transpose(1, 2))
        .sum();
  };
  view(c).backward();
  view(exact).backward();
  EXPECT_LT(RelativeError(c.x.grad(), exact.x.grad()), 1e-6);
  EXPECT_LT(RelativeError(c.weight.grad(), exact.weight.grad()), 2e-6);
}

TEST(Depthwise, GradientsDoNotDependOnTheNumberOfThreads) {
  const int threads = at::get_num_threads();
  const Depthwise one = MakeDepthwise(5, 7, 7, 40);
  const Depthwise many = MakeDepthwise(5, 7, 7, 40);
  at::set_num_threads(1);
  RunDepthwise(one);
  at::set_num_threads(3);
  RunDepthwise(many);
  at::set_num_threads(threads);
  EXPECT_TRUE(one.weight.grad().equal(many.weight.grad()));
  EXPECT_TRUE(one.bias.grad().equal(many.bias.grad()));
}

TEST(Depthwise, SkipsTheInputGradientIfNotRequired) {
  Depthwise c = MakeDepthwise(2, 8, 8, 16);
  c.x = c.x.detach();
  RunDepthwise(c);
  EXPECT_FALSE(c.x.grad().defined());
  EXPECT_TRUE(c.weight.grad().defined());
}

TEST(Depthwise, IsTheSameWithoutGradients) {
  const Depthwise c = MakeDepthwise(3, 9, 23, 48);
  const at::Tensor expected = DepthwiseConv(c.x, c.weight, c.bias);
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(DepthwiseConv(c.x, c.weight, c.bias).equal(expected));
}

}  // namespace
}  // namespace wsel::kernels
