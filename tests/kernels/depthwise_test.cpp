// The hand-written gradient against LibTorch's operators in float64.

#include "wsel/kernels/depthwise.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "model/hashed_tensors.h"

namespace wsel::kernels {
namespace {

using model::HashedNormalTensor;

struct Case {
  at::Tensor x, weight, bias;  // leaves
  at::Tensor cotangent;
};

Case MakeCase(int64_t images, int64_t height, int64_t width, int64_t channels) {
  const std::vector<int64_t> shape = {images, height, width, channels};
  return {HashedNormalTensor("x", shape).requires_grad_(),
          HashedNormalTensor("weight", {channels, 1, 7, 7}).requires_grad_(),
          HashedNormalTensor("bias", {channels}).requires_grad_(),
          HashedNormalTensor("cotangent", shape)};
}

Case InDouble(const Case& c) {
  const auto leaf = [](const at::Tensor& t) {
    return t.detach().to(at::kDouble).requires_grad_(t.requires_grad());
  };
  return {leaf(c.x), leaf(c.weight), leaf(c.bias), leaf(c.cotangent)};
}

// Runs forward and backward; returns the output.
at::Tensor RunPasses(const Case& c) {
  const at::Tensor y = DepthwiseConv(c.x, c.weight, c.bias);
  (y * c.cotangent).sum().backward();
  return y.detach();
}

double RelativeError(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).norm() / expected.norm()).item<double>();
}

void ExpectCloseToDouble(const Case& c) {
  const Case exact = InDouble(c);
  EXPECT_LT(RelativeError(RunPasses(c), RunPasses(exact)), 1e-6);
  EXPECT_LT(RelativeError(c.x.grad(), exact.x.grad()), 1e-6);
  EXPECT_LT(RelativeError(c.weight.grad(), exact.weight.grad()), 2e-6);
  EXPECT_LT(RelativeError(c.bias.grad(), exact.bias.grad()), 2e-6);
}

TEST(Depthwise, MatchesTheOperators) {
  ExpectCloseToDouble(MakeCase(2, 14, 14, 48));
  ExpectCloseToDouble(MakeCase(3, 9, 23, 16));
}

TEST(Depthwise, ChannelsMayNotFillABlock) {
  ExpectCloseToDouble(MakeCase(2, 8, 8, 40));
  ExpectCloseToDouble(MakeCase(2, 8, 8, 5));
}

TEST(Depthwise, MapsMayBeSmallerThanTheKernel) {
  for (const int64_t size : {1, 2, 3, 6}) {
    ExpectCloseToDouble(MakeCase(2, size, 4, 20));
    ExpectCloseToDouble(MakeCase(2, 4, size, 20));
  }
}

TEST(Depthwise, AcceptsNonContiguousMaps) {
  Case c = MakeCase(2, 12, 10, 16);
  const Case exact = InDouble(c);
  const auto view = [](const Case& of) {
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
  const Case one = MakeCase(5, 7, 7, 40);
  const Case many = MakeCase(5, 7, 7, 40);
  at::set_num_threads(1);
  RunPasses(one);
  at::set_num_threads(3);
  RunPasses(many);
  at::set_num_threads(threads);
  EXPECT_TRUE(one.weight.grad().equal(many.weight.grad()));
  EXPECT_TRUE(one.bias.grad().equal(many.bias.grad()));
}

TEST(Depthwise, SkipsTheInputGradientIfNotRequired) {
  Case c = MakeCase(2, 8, 8, 16);
  c.x = c.x.detach();
  RunPasses(c);
  EXPECT_FALSE(c.x.grad().defined());
  EXPECT_TRUE(c.weight.grad().defined());
}

TEST(Depthwise, IsTheSameWithoutGradients) {
  const Case c = MakeCase(3, 9, 23, 48);
  const at::Tensor expected = DepthwiseConv(c.x, c.weight, c.bias);
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(DepthwiseConv(c.x, c.weight, c.bias).equal(expected));
}

}  // namespace
}  // namespace wsel::kernels
