// Each kind of bf16 products against float64, and the layouts of the operands.
#include "kernels/bf16_gemm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "kernels/simd/kernels.h"
#include "model/hashed_tensors.h"

namespace wsel::kernels {
namespace {

using model::HashedNormalTensor;

Bf16* Bits(const at::Tensor& t) {
  return reinterpret_cast<Bf16*>(t.data_ptr<at::BFloat16>());
}

// [k, n] as pairs of rows, [k / 2, n, 2].
at::Tensor AsPairs(const at::Tensor& b) {
  return b.view({b.size(0) / 2, 2, b.size(1)}).transpose(1, 2).contiguous();
}

std::vector<Bf16Products> Kinds() {
  const auto all = SupportedBf16Products();
  return {all.begin() + 1, all.end()};  // without kOff
}

TEST(Bf16Gemm, MultipliesAndAccumulatesInFloat32) {
  struct Size {
    int64_t m, n, k;
  };
  for (const auto& [m, n, k] :
       {Size{1, 16, 2}, Size{7, 40, 10}, Size{64, 224, 64}, Size{197, 96, 192},
        Size{33, 31, 1024}}) {
    const auto a = HashedNormalTensor("a", {m, k}).to(at::kBFloat16);
    const auto b = HashedNormalTensor("b", {k, n}).to(at::kBFloat16);
    const auto pairs = AsPairs(b);
    const auto exact = at::matmul(a.to(at::kDouble), b.to(at::kDouble));
    for (const Bf16Products kind : Kinds()) {
      SCOPED_TRACE(std::string(NameOf(kind)) + " " + std::to_string(m));
      auto c = at::full({m, n}, std::nanf(""));  // is overwritten
      Bf16Product product{
          m, n, k, Bits(a), k, Bits(pairs), n, c.data_ptr<float>(), n};
      const auto error = [&](double times) {
        return ((c - times * exact).norm() / exact.norm()).item<double>();
      };
      {
        const Bf16InUse use(kind);
        const Bf16Region region;
        MultiplyBf16(product);
        EXPECT_LT(error(1), 1e-6);
        product.add = true;
        MultiplyBf16(product);
      }
      EXPECT_LT(error(2), 3e-6);
    }
  }
}

class Bf16Rows : public testing::TestWithParam<InstructionSet> {
 protected:
  const Kernels& kernels() { return KernelsFor(GetParam()); }
};

TEST_P(Bf16Rows, RoundAsLibTorch) {
  auto in = HashedNormalTensor("x", {5, 19});
  in[1][2] = std::nanf("");
  in[1][3] = std::numeric_limits<float>::infinity();
  in[1][4] = 1.00390625F;  // half way between two bf16 values
  in[1][5] = 1.01171875F;
  auto out = at::full({5, 32}, 7, at::kBFloat16);
  auto pairs = at::full({16, 32, 2}, 7, at::kBFloat16);
  RoundedRows pass{in.data_ptr<float>(), 19, 5, 19};
  pass.out = Bits(out);
  pass.out_stride = 32;
  pass.pairs = Bits(pairs);
  pass.pair_stride = 32;
  kernels().round_rows(pass);
  const auto expected = at::constant_pad_nd(in.to(at::kBFloat16), {0, 13}, 0);
  EXPECT_TRUE(at::allclose(out.to(at::kFloat), expected.to(at::kFloat), 0, 0,
                           /*equal_nan=*/true));
  const auto padded = at::constant_pad_nd(expected, {0, 0, 0, 27}, 0);
  EXPECT_TRUE(at::allclose(pairs.to(at::kFloat), AsPairs(padded).to(at::kFloat),
                           0, 0, /*equal_nan=*/true));
  auto again = at::full({16, 32, 2}, 7, at::kBFloat16);
  kernels().pair_rows({Bits(out), 32, 5, 19, Bits(again), 32});
  EXPECT_TRUE(at::allclose(again.to(at::kFloat), pairs.to(at::kFloat), 0, 0,
                           /*equal_nan=*/true));
}

TEST_P(Bf16Rows, ScaleAddAndSum) {
  const auto in = HashedNormalTensor("x", {7, 40});
  const auto scale = HashedNormalTensor("scale", {7});
  const auto bias = HashedNormalTensor("bias", {40});
  auto out = at::empty({7, 64}, at::kBFloat16);
  auto sums = at::ones({40});
  RoundedRows pass{in.data_ptr<float>(),  40, 7, 40, scale.data_ptr<float>(),
                   bias.data_ptr<float>()};
  pass.out = Bits(out);
  pass.out_stride = 64;
  pass.sums = sums.data_ptr<float>();
  kernels().round_rows(pass);
  const auto expected = in * scale.unsqueeze(1) + bias;
  EXPECT_TRUE(at::allclose(out.narrow(1, 0, 40).to(at::kFloat), expected,
                           /*rtol=*/1.0 / 256, /*atol=*/1e-6));
  EXPECT_TRUE(at::allclose(sums, expected.sum(0) + 1, 1e-5, 1e-5));
}

TEST_P(Bf16Rows, TransposeWords) {
  const auto in = HashedNormalTensor("x", {21, 37});
  auto out = at::full({37, 32}, 7.0F);
  kernels().transpose_words(
      {in.data_ptr<float>(), 37, 21, 37, 32, out.data_ptr<float>(), 32});
  EXPECT_TRUE(out.equal(at::constant_pad_nd(in.t(), {0, 11}, 0)));
}

INSTANTIATE_TEST_SUITE_P(, Bf16Rows,
                         testing::ValuesIn(SupportedInstructionSets().begin(),
                                           SupportedInstructionSets().end()),
                         [](const auto& set) {
                           return std::string(NameOf(set.param));
                         });

}  // namespace
}  // namespace wsel::kernels
