// Against torch and timm: scripts/golden/distill.py, which has the same cases.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/golden.h"
#include "nn/hashed_model.h"
#include "relative_error.h"
#include "throws.h"
#include "train/gradient_digest.h"
#include "wsel/augment/apply_to_batch.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/tensor/torch_bridge.h"
#include "wsel/train/distiller.h"
#include "wsel/train/teacher.h"
#include "wsel/train/train_step.h"

namespace wsel::train {
namespace {

// float32 rounding alone changes these by up to 1e-6.
constexpr double kDistillLossTolerance = 2e-6;
constexpr double kOutputTolerance = 5e-6;
constexpr double kDistillGradientTolerance = 4e-5;

constexpr int64_t kBatch = 8;
constexpr int64_t kDistillProbes = 4;
const image::Normalisation kHalf = {{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}};

model::VitConfig Vit() {
  return {.name = "vit",
          .img_size = 32,
          .patch_size = 8,
          .embed_dim = 32,
          .depth = 3,
          .num_heads = 4,
          .num_classes = 10};
}

model::VitConfig VitTeacher() {
  model::VitConfig config = Vit();
  config.img_size = 48;
  config.embed_dim = 48;
  return config;
}

model::VitConfig DistilledVit() {
  model::VitConfig config = Vit();
  config.dist_token = true;
  return config;
}

model::ConvNextConfig ConvNext() {
  return {.name = "convnext",
          .img_size = 64,
          .dims = {8, 16, 24, 32},
          .depths = {1, 1, 2, 1},
          .num_classes = 10};
}

model::ConvNextConfig ConvNextTeacher() {
  model::ConvNextConfig config = ConvNext();
  config.img_size = 96;
  config.dims = {12, 16, 24, 40};
  return config;
}

struct DistillCase {
  std::string name;
  model::Config student;
  model::Config teacher;
  DistillOptions options;
};

std::vector<DistillCase> DistillCases() {
  using enum Distillation;
  return {
      {"vit-logit", Vit(), VitTeacher(), {kLogit, 1, 1}},
      {"vit-logit-hot", Vit(), ConvNextTeacher(), {kLogit, 0.5, 3}},
      {"vit-feature", Vit(), VitTeacher(), {kFeature, 2, 1}},
      {"vit-hard", Vit(), VitTeacher(), {kHard, 0.5, 1}},
      {"distilled-hard", DistilledVit(), VitTeacher(), {kHard, 0.25, 1}},
      {"distilled-logit", DistilledVit(), VitTeacher(), {kLogit, 1, 1}},
      {"convnext-logit", ConvNext(), ConvNextTeacher(), {kLogit, 1, 2}},
      {"convnext-feature", ConvNext(), VitTeacher(), {kFeature, 1, 1}},
  };
}

// The first batch of scripts/golden/train.py.
MicroBatch Mixed(const model::Config& config) {
  const auto [height, width] = ImageSize(config);
  const HashedValues numbers("labels.0");
  std::vector<int64_t> labels;
  for (uint64_t i = 0; i < kBatch; ++i) {
    labels.push_back(static_cast<int64_t>(numbers.Uniform(4 * i) * 10));
  }
  augment::MixDraw draw;
  draw.lambda = HashedValues("lambda").Uniform(0);
  const auto images =
      model::HashedNormalTensor("images.0", {kBatch, 3, height, width});
  return {augment::Mix(images, draw),
          augment::MixTargets(at::tensor(labels), 10, 0.1, draw.lambda)};
}

void FillHashed(const optim::NamedTensors& tensors) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : tensors) {
    const auto values = model::HashedParameter({name, tensor.sizes().vec()});
    tensor.copy_(model::ToTensor(values, tensor.sizes()));
  }
}

Teacher HashedTeacher(const DistillCase& c) {
  TeacherOptions options;
  options.teacher = kHalf;
  options.img_size = ImageSize(c.teacher);
  return ModelTeacher(nn::HashedModel(c.teacher), c.options.method, options);
}

class Distil : public testing::TestWithParam<DistillCase> {};

TEST_P(Distil, OutputLossAndGradientsMatchTorch) {
  const DistillCase& c = GetParam();
  const auto golden = checkpoint::Open(
      WSEL_SOURCE_DIR "/tests/golden/train/distill.safetensors");
  const auto wanted = [&](const std::string& what) {
    return Borrow(golden->View(c.name + "." + what)).clone();
  };
  const MicroBatch batch = Mixed(c.student);
  const at::Tensor output = HashedTeacher(c).forward(batch.images);
  EXPECT_LT(RelativeError(output, wanted("answer")), kOutputTolerance);

  nn::Model student = nn::HashedModel(c.student);
  const Distiller distiller(c.options, NumFeatures(c.student), output.size(1),
                            0, at::kCPU);
  FillHashed(distiller.parameters());
  const auto loss = distiller.Loss(student.forward_outputs(batch.images, {}),
                                   batch.targets, output);
  const auto losses = wanted("losses");
  EXPECT_LT(RelativeError(loss.loss.detach(), losses[0]),
            kDistillLossTolerance);
  EXPECT_LT(RelativeError(loss.kd_loss.detach(), losses[1]),
            kDistillLossTolerance);

  loss.loss.backward();
  auto parameters = ParametersOf(student);
  parameters.insert(parameters.end(), distiller.parameters().begin(),
                    distiller.parameters().end());
  for (const auto& [name, tensor] : parameters) {
    ASSERT_TRUE(tensor.grad().defined()) << name;
    EXPECT_LT(RelativeError(GradientDigest(name, tensor.grad(), kDistillProbes),
                            wanted("gradient." + name).to(at::kDouble)),
              kDistillGradientTolerance)
        << name;
  }
}

INSTANTIATE_TEST_SUITE_P(DistillCases, Distil,
                         testing::ValuesIn(DistillCases()),
                         [](const auto& info) {
                           std::string name = info.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// Of the logits and features of three images.
DistillationLoss LossOf(Distillation method, const at::Tensor& logits,
                        const at::Tensor& targets, const at::Tensor& teacher,
                        const at::Tensor& valid = {}) {
  const Distiller distiller({.method = method, .alpha = 0.5}, logits.size(1),
                            teacher.size(1), 0, at::kCPU);
  return distiller.Loss({logits, {}, logits}, targets, teacher, valid);
}

TEST(Distiller, ASkippedImageContributesNothing) {
  const auto logits = at::randn({3, 5}).requires_grad_();
  auto targets = at::softmax(at::randn({3, 5}), 1);
  targets[1].zero_();
  const auto teacher = at::randn({3, 5});
  const auto valid = at::tensor({1, 0, 1}).to(at::kBool);
  const auto read = at::tensor({0, 2}, at::kLong);
  const auto rows = [&](const at::Tensor& x) {
    return x.index_select(0, read);
  };
  for (const Distillation method :
       {Distillation::kLogit, Distillation::kFeature, Distillation::kHard}) {
    const auto loss = LossOf(method, logits, targets, teacher, valid);
    const auto two = LossOf(method, rows(logits), rows(targets), rows(teacher));
    EXPECT_NEAR(loss.kd_loss.item<double>(), two.kd_loss.item<double>() * 2 / 3,
                1e-6);
    EXPECT_NEAR(loss.loss.item<double>(), two.loss.item<double>() * 2 / 3,
                1e-6);
    loss.loss.backward();
    EXPECT_EQ(logits.grad()[1].abs().sum().item<double>(), 0);
    logits.mutable_grad().reset();
  }
}

TEST(Distiller, ABatchOfSkippedImagesHasNoLoss) {
  const auto logits = at::randn({3, 5}).requires_grad_();
  const auto loss = LossOf(Distillation::kLogit, logits, at::zeros({3, 5}),
                           at::randn({3, 5}), at::zeros({3}, at::kBool));
  EXPECT_EQ(loss.kd_loss.item<double>(), 0);
  EXPECT_EQ(loss.loss.item<double>(), 0);
  loss.loss.backward();
  EXPECT_EQ(logits.grad().abs().sum().item<double>(), 0);
}

TEST(DistillationKl, IsZeroForLogitsThatDifferByAConstant) {
  const auto logits = at::randn({4, 7});
  EXPECT_NEAR(DistillationKl(logits + 3, logits, 2).item<double>(), 0, 1e-6);
}

TEST(ModelTeacher, RunsWithoutGradients) {
  const DistillCase c = DistillCases()[0];
  const Teacher teacher = HashedTeacher(c);
  const auto images = Mixed(c.student).images.requires_grad_(true);
  EXPECT_FALSE(teacher.forward(images).requires_grad());
}

// A grey image is an RGB image of equal channels.
TEST(PrepareForTeacher, GivesATeacherOfRgbImagesGreyOnesAsRgb) {
  TeacherOptions options;
  options.student = {
      .mean = {0.5, 0.5, 0.5}, .std = {0.25, 0.25, 0.25}, .in_chans = 1};
  const at::Tensor pixels = at::rand({2, 1, 4, 4});
  const at::Tensor seen = PrepareForTeacher(options, (pixels - 0.5) / 0.25);
  ASSERT_EQ(seen.sizes(), (at::IntArrayRef{2, 3, 4, 4}));
  for (int64_t c = 0; c < 3; ++c) {
    const auto channel = static_cast<size_t>(c);
    EXPECT_TRUE(
        at::allclose(seen.select(1, c),
                     (pixels.select(1, 0) - options.teacher.mean[channel]) /
                         options.teacher.std[channel],
                     1e-4, 1e-5));
  }
}

TEST(PrepareForTeacher, ResizesToBothSides) {
  const at::Tensor images = at::rand({2, 3, 16, 24});
  TeacherOptions options;
  options.img_size = {16, 24};
  EXPECT_TRUE(at::equal(PrepareForTeacher(options, images), images));
  options.img_size = {24, 16};  // as many pixels
  const at::Tensor tall = PrepareForTeacher(options, images);
  ASSERT_EQ(tall.sizes(), (at::IntArrayRef{2, 3, 24, 16}));
  options.img_size = {16, 12};
  EXPECT_TRUE(at::allclose(PrepareForTeacher(options, at::ones({1, 3, 16, 24})),
                           at::ones({1, 3, 16, 12}), 1e-5, 1e-5));
}

TEST(CheckTeacher, ADifferentNumberOfClassesIsAnErrorIfTheyAreCompared) {
  const Teacher teacher = HashedTeacher(DistillCases()[0]);
  ExpectError(
      [&] { CheckTeacher(teacher, Distillation::kLogit, 7, 32, at::kCPU); },
      ErrorKind::kMismatch, {"10 classes", "has 7", "distil features"});
  CheckTeacher(teacher, Distillation::kLogit, 10, 32, at::kCPU);
  CheckTeacher(teacher, Distillation::kFeature, 7, 32, at::kCPU);
}

TEST(CheckTeacher, ATeacherWithoutAClassifierIsAnError) {
  DistillCase c = DistillCases()[0];
  SetNumClasses(c.teacher, 0);
  const Teacher teacher = HashedTeacher(c);
  ExpectError(
      [&] { CheckTeacher(teacher, Distillation::kHard, 10, 32, at::kCPU); },
      ErrorKind::kMismatch, {"no classifier"});
}

TEST(CheckTeacher, ATeacherThatOutputsNaNIsAnError) {
  nn::Model model = nn::HashedModel(VitTeacher());
  {
    const at::NoGradGuard no_grad;
    model.module->named_parameters()["head.bias"][3].fill_(NAN);
  }
  TeacherOptions options;
  options.img_size = 48;
  const Teacher teacher = ModelTeacher(model, Distillation::kLogit, options);
  ExpectError(
      [&] { CheckTeacher(teacher, Distillation::kLogit, 10, 32, at::kCPU); },
      ErrorKind::kMismatch, {"NaN"});
}

}  // namespace
}  // namespace wsel::train
