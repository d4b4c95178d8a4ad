// The residual branches in bf16 against LibTorch's operators in float64.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "kernels/bf16_gemm.h"
#include "kernels/bf16_weights.h"
#include "kernels/branch_arguments.h"
#include "wsel/optim/optimizer.h"
#include "wsel/train/device.h"

namespace wsel::kernels {
namespace {

// A rounding to bf16 has a relative error of at most 2^-9. A value behind a
// product has been through two, its operands' (of random signs, so that they do
// not add up), and each product on the way adds as much.
constexpr double kErrorOfAProduct = 1.0 / 128;

template <Branch branch>
at::Tensor InBf16(const Tensors& t) {
  const train::Autocast autocast(train::Precision::kBf16, at::kCPU);
  return branch(t);
}

// The gradients of the first parameters are behind up to three products.
void ExpectNearDouble(Branch in_bf16, Branch branch, const Tensors& found) {
  const Tensors exact = InDouble(found);
  const at::Tensor out = RunPasses(in_bf16, found);
  ASSERT_EQ(out.scalar_type(), at::kFloat);
  EXPECT_LT(RelativeError(out, RunPasses(branch, exact)), kErrorOfAProduct);
  for (size_t i = 0; i < found.size(); ++i) {
    if (!found[i].defined()) continue;
    ASSERT_EQ(found[i].grad().defined(), exact[i].grad().defined()) << i;
    if (!found[i].grad().defined()) continue;
    EXPECT_EQ(found[i].grad().scalar_type(), at::kFloat);
    EXPECT_LT(RelativeError(found[i].grad(), exact[i].grad()),
              3 * kErrorOfAProduct)
        << i;
  }
}

class Bf16Branches : public testing::TestWithParam<Bf16Products> {
 protected:
  const Bf16InUse use_{GetParam()};
};

TEST_P(Bf16Branches, MlpMatchesTheOperators) {
  const auto check = [](at::IntArrayRef shape, Optional optional) {
    ExpectNearDouble(InBf16<Mlp>, Mlp, MlpArguments(shape, optional));
  };
  check({3, 9, 7, 24}, {});
  check({3, 9, 7, 24}, {.gamma = false});
  check({3, 9, 7, 24}, {.scale = false});
  check({2, 20, 20, 96}, {});
  check({2, 20, 20, 264}, {});
  check({1, 1, 1, 8}, {});
}

TEST_P(Bf16Branches, MlpSumsBothGradientsOfASharedInput) {
  ExpectNearDouble(InBf16<VitMlp>, VitMlp, MlpArguments({4, 17, 24}, {}));
}

TEST_P(Bf16Branches, AttentionMatchesTheOperators) {
  const auto check = [](int64_t images, int64_t tokens, int64_t width,
                        Optional optional) {
    ExpectNearDouble(InBf16<Attention>, Attention,
                     AttentionArguments(images, tokens, width, optional));
  };
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  check(7, 19, 24, {});
  check(7, 19, 24, {.gamma = false});
  check(7, 19, 24, {.scale = false});
  check(7, 19, 24, {.bias = false});
  check(5, 65, 96, {});
  check(3, 197, 60, {});
  at::set_num_threads(threads);
}

// Heads of an odd width, more tokens, fewer images: left to autocast.
TEST_P(Bf16Branches, OthersUseTheOperators) {
  ExpectNearDouble(InBf16<Attention>, Attention,
                   AttentionArguments(7, 19, 15, {}));
  ExpectNearDouble(InBf16<Attention>, Attention,
                   AttentionArguments(2, 513, 12, {}));
}

void ExpectSame(Branch branch, const Tensors& arguments) {
  const at::Tensor expected = branch(arguments);
  ASSERT_TRUE(expected.requires_grad());
  const c10::NoGradGuard no_grad;
  const at::Tensor found = branch(arguments);
  EXPECT_FALSE(found.requires_grad());
  EXPECT_TRUE(found.equal(expected));
}

TEST_P(Bf16Branches, AreTheSameWithoutGradients) {
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  ExpectSame(InBf16<Mlp>, MlpArguments({5, 31, 32, 16}, {}));
  ExpectSame(InBf16<VitMlp>, MlpArguments({4, 17, 32}, {}));
  for (const int64_t tokens : {32, 160, 256}) {
    ExpectSame(InBf16<Attention>, AttentionArguments(19, tokens, 48, {}));
  }
  at::set_num_threads(threads);
}

TEST_P(Bf16Branches, AreReproducible) {
  const auto expect_same = [](Branch branch, const Tensors& one,
                              const Tensors& other) {
    EXPECT_TRUE(RunPasses(branch, one).equal(RunPasses(branch, other)));
    for (size_t i = 0; i < one.size(); ++i) {
      if (!one[i].defined() || !one[i].grad().defined()) continue;
      EXPECT_TRUE(one[i].grad().equal(other[i].grad())) << i;
    }
  };
  expect_same(InBf16<Mlp>, MlpArguments({5, 31, 33, 8}, {}),
              MlpArguments({5, 31, 33, 8}, {}));
  expect_same(InBf16<Attention>, AttentionArguments(19, 50, 48, {}),
              AttentionArguments(19, 50, 48, {}));
}

// Packed weights are those of the present values, whatever changed them.
TEST_P(Bf16Branches, SeeChangedWeights) {
  const Tensors t = MlpArguments({2, 5, 5, 32}, {});
  const auto error = [&] {
    const c10::NoGradGuard no_grad;
    return RelativeError(InBf16<Mlp>(t), Mlp(InDouble(t)));
  };
  EXPECT_LT(error(), kErrorOfAProduct);
  {
    const c10::NoGradGuard no_grad;
    t[4].mul_(-2);  // fc1
    t[8].copy_(HashedNormalTensor("other", {32}));
  }
  EXPECT_LT(error(), kErrorOfAProduct);
  const at::Tensor fc2 = t[6];
  fc2.set_data(HashedNormalTensor("new", {32, 128}) / 11);
  EXPECT_LT(error(), kErrorOfAProduct);
}

TEST(Bf16Weights, AreThoseAfterAStepOfEachOptimizer) {
  for (const auto& row : optim::Optimizers().rows()) {
    SCOPED_TRACE(row.name);
    const Tensors t = MlpArguments({2, 5, 5, 32}, {});
    const at::Tensor before = InBf16<Mlp>(t).detach();
    t[4].mutable_grad() = t[4].detach() * 3;
    optim::OptimizerOptions options;
    options.name = row.value;
    optim::MakeOptimizer({{"blocks.0.mlp.fc1.weight", t[4]}}, options)
        ->Step(0.5);
    const c10::NoGradGuard no_grad;
    const at::Tensor after = InBf16<Mlp>(t);
    EXPECT_FALSE(after.equal(before));
    EXPECT_LT(RelativeError(after, Mlp(InDouble(t))), kErrorOfAProduct);
  }
}

std::vector<Bf16Products> AllKinds() {
  const auto all = SupportedBf16Products();
  return {all.begin() + 1, all.end()};  // without kOff
}

INSTANTIATE_TEST_SUITE_P(, Bf16Branches, testing::ValuesIn(AllKinds()),
                         [](const auto& kind) {
                           return std::string(NameOf(kind.param));
                         });

// Off: the values are LibTorch's under autocast.
TEST(Bf16BranchesOff, UseTheOperators) {
  const Bf16InUse use(Bf16Products::kOff);
  ExpectNearDouble(InBf16<Mlp>, Mlp, MlpArguments({3, 9, 7, 24}, {}));
}

// A packed layer is found again only while it is that of the same values.
TEST(Bf16Weights, ArePackedOncePerVersion) {
  const auto weight = HashedNormalTensor("weight", {40, 24});
  const auto gamma = HashedNormalTensor("gamma", {40});
  const WeightAndBias layer = {weight, HashedNormalTensor("bias", {40})};
  const PackedLayer first = Pack(layer, gamma);
  EXPECT_TRUE(Pack(layer, gamma).forward.is_same(first.forward));
  EXPECT_FALSE(Pack(layer, {}).forward.is_same(first.forward));
  const PackedLayer again = Pack(layer, gamma);
  weight.add_(1);
  const PackedLayer changed = Pack(layer, gamma);
  EXPECT_FALSE(changed.forward.is_same(again.forward));
  EXPECT_FALSE(changed.backward.equal(again.backward));
}

}  // namespace
}  // namespace wsel::kernels
