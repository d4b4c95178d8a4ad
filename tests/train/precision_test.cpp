#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "kernels/bf16_gemm.h"
#include "model/hashed_tensors.h"
#include "throws.h"
#include "wsel/nn/build.h"
#include "wsel/optim/adamw.h"
#include "wsel/train/device.h"
#include "wsel/train/train_step.h"

namespace wsel::train {
namespace {

const c10::Device kCpu(c10::kCPU);

TEST(ResolvePrecision, KeepsWhatIsRequested) {
  EXPECT_EQ(ResolvePrecision(Precision::kFp32, kCpu).precision,
            Precision::kFp32);
  EXPECT_EQ(ResolvePrecision(Precision::kBf16, kCpu).precision,
            Precision::kBf16);
}

TEST(ResolvePrecision, ResolvesAutoAndGivesAReason) {
  const PrecisionChoice choice = ResolvePrecision(Precision::kAuto, kCpu);
  EXPECT_NE(choice.precision, Precision::kAuto);
  EXPECT_NE(choice.precision, Precision::kFp16);
  EXPECT_FALSE(choice.reason.empty());
  EXPECT_EQ(
      ResolvePrecision(Precision::kAuto, c10::Device(c10::kCUDA)).precision,
      Precision::kBf16);
}

TEST(ResolvePrecision, AutoIsBf16WhereTheCpuMultipliesItNatively) {
  const PrecisionChoice choice = ResolvePrecision(Precision::kAuto, kCpu);
  EXPECT_EQ(choice.precision,
            kernels::HasNativeBf16() ? Precision::kBf16 : Precision::kFp32);
  EXPECT_NE(choice.reason.find("AVX-512 BF16") == std::string::npos,
            choice.reason.find("the CPU has AMX") == std::string::npos);
}

TEST(ResolvePrecision, Fp16NeedsAGpu) {
  ExpectError([] { ResolvePrecision(Precision::kFp16, kCpu); },
              ErrorKind::kConfig, {"train.precision", "choose bf16, fp32"});
  EXPECT_EQ(
      ResolvePrecision(Precision::kFp16, c10::Device(c10::kCUDA)).precision,
      Precision::kFp16);
}

TEST(Autocast, SetsThePrecisionOfProductsWhileItLives) {
  const auto a = at::rand({4, 8});
  const auto b = at::rand({8, 3});
  {
    const Autocast autocast(Precision::kBf16, kCpu);
    EXPECT_EQ(at::matmul(a, b).scalar_type(), at::kBFloat16);
    {
      const Autocast inner(Precision::kFp32, kCpu);  // changes nothing
      EXPECT_EQ(at::matmul(a, b).scalar_type(), at::kBFloat16);
    }
  }
  EXPECT_EQ(at::matmul(a, b).scalar_type(), at::kFloat);
}

// The losses of ten steps of AdamW on the same 16 images.
std::vector<double> Losses(const model::Config& config, Precision precision) {
  nn::Model model = nn::Build(config);
  nn::Initialize(model, model::Initializer::kTimm, 0);
  const optim::NamedTensors parameters = ParametersOf(model);
  optim::AdamW optimizer(parameters, {});
  const auto images = model::HashedNormalTensor("images", {16, 3, 32, 32});
  const auto targets =
      at::one_hot(at::arange(16).remainder(10), 10).to(at::kFloat);
  std::vector<double> losses;
  for (int step = 0; step < 10; ++step) {
    at::Tensor logits;
    {
      const Autocast autocast(precision, kCpu);
      logits = model.forward(images, {});
    }
    const auto loss = SoftTargetCrossEntropy(logits.to(at::kFloat), targets);
    losses.push_back(loss.item<double>());
    optim::ZeroGradients(parameters);
    loss.backward();
    optimizer.Step(1e-3);
  }
  return losses;
}

// bf16's losses are within 2 % of those of float32, and learn as these do.
void ExpectLossesOfFloat32(const model::Config& config) {
  const auto expected = Losses(config, Precision::kFp32);
  ASSERT_LT(expected.back(), 0.9 * expected.front());
  for (const auto kind : kernels::SupportedBf16Products()) {
    SCOPED_TRACE(NameOf(kind));
    const kernels::Bf16InUse use(kind);
    const auto found = Losses(config, Precision::kBf16);
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(found[i], expected[i], 0.02 * expected[i]) << i;
    }
    EXPECT_EQ(Losses(config, Precision::kBf16), found);
  }
}

TEST(Bf16Training, OfAVitHasTheLossesOfFloat32) {
  model::VitConfig c;
  c.img_size = 32;
  c.patch_size = 8;
  c.embed_dim = 64;
  c.depth = 3;
  c.num_heads = 2;
  c.num_classes = 10;
  ExpectLossesOfFloat32(c);
}

TEST(Bf16Training, OfAConvNextHasTheLossesOfFloat32) {
  model::ConvNextConfig c;
  c.img_size = 32;
  c.patch_size = 2;
  c.depths = {1, 1, 2, 1};
  c.dims = {16, 32, 48, 64};
  c.num_classes = 10;
  ExpectLossesOfFloat32(c);
}

}  // namespace
}  // namespace wsel::train
