// The hand-written residual branches against LibTorch's operators in float64.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "kernels/branch_arguments.h"

namespace wsel::kernels {
namespace {

void ExpectCloseToDouble(Branch branch, const Tensors& found,
                         double tolerance = 3e-6) {
  const Tensors exact = InDouble(found);
  EXPECT_LT(RelativeError(RunPasses(branch, found), RunPasses(branch, exact)),
            1e-6);
  for (size_t i = 0; i < found.size(); ++i) {
    if (!found[i].defined()) continue;
    ASSERT_EQ(found[i].grad().defined(), exact[i].grad().defined()) << i;
    if (!found[i].grad().defined()) continue;
    EXPECT_LT(RelativeError(found[i].grad(), exact[i].grad()), tolerance) << i;
  }
}

TEST(Branches, MlpMatchesTheOperators) {
  ExpectCloseToDouble(Mlp, MlpArguments({3, 9, 7, 24}, {}));
  ExpectCloseToDouble(Mlp, MlpArguments({3, 9, 7, 24}, {.gamma = false}));
  ExpectCloseToDouble(Mlp, MlpArguments({3, 9, 7, 24}, {.scale = false}));
}

TEST(Branches, MlpSumsBothGradientsOfASharedInput) {
  ExpectCloseToDouble(VitMlp, MlpArguments({4, 17, 24}, {}));
}

TEST(Branches, MlpRowsMayNotFillTiles) {
  ExpectCloseToDouble(Mlp, MlpArguments({5, 31, 33, 8}, {}));
  ExpectCloseToDouble(Mlp, MlpArguments({1, 1, 1, 8}, {}));
}

TEST(Branches, AttentionMatchesTheOperators) {
  ExpectCloseToDouble(Attention, AttentionArguments(7, 19, 24, {}));
  ExpectCloseToDouble(Attention,
                      AttentionArguments(7, 19, 24, {.gamma = false}));
  ExpectCloseToDouble(Attention,
                      AttentionArguments(7, 19, 24, {.scale = false}));
  ExpectCloseToDouble(Attention,
                      AttentionArguments(7, 19, 24, {.bias = false}));
}

// The tolerance allows for LibTorch's softmax over 513 tokens in float32.
TEST(Branches, FewImagesOrManyTokensUseTheOperators) {
  const int threads = at::get_num_threads();
  at::set_num_threads(4);
  ExpectCloseToDouble(Attention, AttentionArguments(3, 19, 24, {}));
  at::set_num_threads(threads);
  ExpectCloseToDouble(Attention, AttentionArguments(2, 513, 6, {}), 1e-5);
}

// The sizes make rows, heads and tiles begin at multiples of 64 bytes: MKL
// rounds by alignment.
void ExpectSameWithoutGradients(Branch branch, const Tensors& arguments) {
  const at::Tensor expected = branch(arguments);
  ASSERT_TRUE(expected.requires_grad());
  const at::NoGradGuard no_grad;
  const at::Tensor found = branch(arguments);
  EXPECT_FALSE(found.requires_grad());
  EXPECT_TRUE(found.equal(expected));
}

TEST(Branches, MlpIsTheSameWithoutGradients) {
  ExpectSameWithoutGradients(Mlp, MlpArguments({5, 31, 32, 16}, {}));
  ExpectSameWithoutGradients(
      Mlp, MlpArguments({2, 3, 3, 16}, {.gamma = false, .scale = false}));
  ExpectSameWithoutGradients(VitMlp, MlpArguments({4, 17, 32}, {}));
}

// Of 3 heads all, two and one are a group; tiles are of 8 images and of one.
TEST(Branches, AttentionIsTheSameWithoutGradients) {
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  for (const int64_t tokens : {32, 160, 256}) {
    SCOPED_TRACE(tokens);
    ExpectSameWithoutGradients(Attention,
                               AttentionArguments(19, tokens, 48, {}));
    ExpectSameWithoutGradients(
        Attention,
        AttentionArguments(19, tokens, 48,
                           {.gamma = false, .scale = false, .bias = false}));
  }
  at::set_num_threads(threads);
}

// As a teacher's are.
TEST(Branches, FrozenParametersHaveNoBackwardPass) {
  Tensors frozen;
  for (const at::Tensor& t : MlpArguments({5, 31, 32, 16}, {})) {
    frozen.push_back(t.detach());
  }
  EXPECT_FALSE(Mlp(frozen).requires_grad());
  frozen[0].requires_grad_();
  const at::Tensor out = Mlp(frozen);
  ASSERT_TRUE(out.requires_grad());
  out.sum().backward();
  EXPECT_TRUE(frozen[0].grad().equal(at::ones_like(frozen[0])));
}

TEST(Branches, AreReproducible) {
  const Tensors one = MlpArguments({5, 31, 33, 8}, {});
  const Tensors other = MlpArguments({5, 31, 33, 8}, {});
  EXPECT_TRUE(RunPasses(Mlp, one).equal(RunPasses(Mlp, other)));
  for (size_t i = 0; i < 9; ++i) {
    EXPECT_TRUE(one[i].grad().equal(other[i].grad())) << i;
  }
}

}  // namespace
}  // namespace wsel::kernels
