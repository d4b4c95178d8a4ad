// The hand-written residual branches against LibTorch's operators in float64.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "model/hashed_tensors.h"
#include "relative_error.h"
#include "wsel/kernels/residual.h"

namespace wsel::kernels {
namespace {

using model::HashedNormalTensor;

using Tensors = std::vector<at::Tensor>;
// Computes a branch from its arguments, some of which may be undefined.
using Branch = at::Tensor (*)(const Tensors&);

at::Tensor MlpOf(const at::Tensor& y, const Tensors& t) {
  return AddMlpBranch(t[0], y,
                      {{t[2], t[3]}, 1e-6, {t[4], t[5]}, {t[6], t[7]}, t[8]},
                      /*quick_gelu=*/false, t[9]);
}

at::Tensor Mlp(const Tensors& t) { return MlpOf(t[1], t); }

// x and y are the same tensor, as in a ViT.
at::Tensor VitMlp(const Tensors& t) { return MlpOf(t[0], t); }

at::Tensor Attention(const Tensors& t) {
  return AddAttentionBranch(
      t[0], {{t[1], t[2]}, 1e-6, {t[3], t[4]}, {t[5], t[6]}, t[7]},
      /*heads=*/3, t[8]);
}

// The optional arguments to pass.
struct Optional {
  bool gamma = true;
  bool scale = true;
  bool bias = true;  // of qkv
};

// Matrices are scaled to preserve the variance.
at::Tensor Parameter(const std::string& name, at::IntArrayRef shape) {
  auto t = HashedNormalTensor(name, shape.vec());
  if (shape.size() == 2) t /= std::sqrt(static_cast<double>(shape[1]));
  return t.requires_grad_();
}

// Drops the branch of images 2, 5, ...
at::Tensor DropPath(int64_t images) {
  return at::arange(1, images + 1).remainder(3).to(at::kFloat).mul(0.6);
}

Tensors MlpArguments(at::IntArrayRef shape, Optional optional) {
  const int64_t d = shape.back();
  return {Parameter("x", shape),
          Parameter("y", shape),
          Parameter("norm", {d}),
          Parameter("norm_bias", {d}),
          Parameter("fc1", {4 * d, d}),
          Parameter("fc1_bias", {4 * d}),
          Parameter("fc2", {d, 4 * d}),
          Parameter("fc2_bias", {d}),
          optional.gamma ? Parameter("gamma", {d}) : at::Tensor(),
          optional.scale ? DropPath(shape[0]) : at::Tensor()};
}

Tensors AttentionArguments(int64_t images, int64_t tokens, int64_t d,
                           Optional optional) {
  return {Parameter("x", {images, tokens, d}),
          Parameter("norm", {d}),
          Parameter("norm_bias", {d}),
          Parameter("qkv", {3 * d, d}),
          optional.bias ? Parameter("qkv_bias", {3 * d}) : at::Tensor(),
          Parameter("proj", {d, d}),
          Parameter("proj_bias", {d}),
          optional.gamma ? Parameter("gamma", {d}) : at::Tensor(),
          optional.scale ? DropPath(images) : at::Tensor()};
}

Tensors InDouble(const Tensors& tensors) {
  Tensors out;
  for (const at::Tensor& t : tensors) {
    out.push_back(
        t.defined()
            ? t.detach().to(at::kDouble).requires_grad_(t.requires_grad())
            : t);
  }
  return out;
}

// Runs forward and backward; returns the output.
at::Tensor RunPasses(Branch branch, const Tensors& arguments) {
  const at::Tensor out = branch(arguments);
  const auto cotangent =
      HashedNormalTensor("cotangent", out.sizes().vec()).to(out.dtype());
  (out * cotangent).sum().backward();
  return out.detach();
}

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
