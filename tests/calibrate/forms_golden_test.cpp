// Against NumPy and PyTorch's autograd, by scripts/golden/calibration_forms.py
// in float64.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "calibrate/small_models.h"
#include "relative_error.h"
#include "wsel/checkpoint/checkpoint.h"

namespace wsel::calibrate {
namespace {

at::Tensor FormsGolden(const std::string& name) {
  static const auto file = checkpoint::Open(
      WSEL_SOURCE_DIR "/tests/golden/calibrate/forms.safetensors");
  return Borrow(file->View(name)).clone();
}

model::VitConfig GoldenVit(int64_t width) {
  model::VitConfig config;
  config.name = "small";
  config.img_size = kSide;
  config.patch_size = 4;
  config.embed_dim = width;
  config.depth = 2;
  config.num_heads = 3;
  config.num_classes = 5;
  return config;
}

model::VitConfig SwiGluVit(int64_t width) {
  model::VitConfig config = GoldenVit(width);
  config.norm = model::Norm::kRmsNorm;
  config.mlp = model::MlpForm::kSwiGlu;
  config.mlp_ratio = 2;
  return config;
}

// A stem of 1 x 1 pixels leaves each stage some positions.
model::ConvNextConfig GoldenConvNext(const std::array<int64_t, 4>& dims) {
  return {.name = "convnext",
          .img_size = kSide,
          .patch_size = 1,
          .dims = dims,
          .depths = {1, 1, 2, 1},
          .num_classes = 5};
}

struct FormCase {
  std::string name;
  model::Config teacher;
  model::Config student;
};

std::vector<FormCase> FormCases() {
  return {{"swiglu", SwiGluVit(24), SwiGluVit(12)},
          {"convnext", GoldenConvNext({8, 12, 16, 20}),
           GoldenConvNext({6, 8, 12, 12})}};
}

TEST(FormsGolden, TeachersAreThoseOfNumPy) {
  for (const FormCase& of : FormCases()) {
    EXPECT_LT(
        RelativeError(TeachersLogits(HashedWeights(of.teacher), SmallImages()),
                      FormsGolden(of.name + ".teacher.logits")),
        1e-5)
        << of.name;
  }
}

TEST(FormsGolden, StudentsTakeTheSameIndicesAndHaveTheSameLogits) {
  const auto images = SmallImages();
  for (const FormCase& of : FormCases()) {
    for (const char* method : {"activation", "regression"}) {
      const HashedWeights weights(of.teacher);
      const MadeStudent made = MakeStudent(
          weights, of.student,
          {.method = MethodNamed(method), .head = select::Head::kReuse},
          images);
      EXPECT_FALSE(made.plan.sets.empty());
      for (const select::IndexSet& set : made.plan.sets) {
        EXPECT_TRUE(at::equal(at::tensor(set.indices, at::kLong),
                              FormsGolden(of.name + "." + set.name)))
            << of.name << " " << set.name;
      }
      EXPECT_LT(RelativeError(LogitsOfStudent(made, Batch(images)),
                              FormsGolden(of.name + "." + method + ".logits")),
                1e-3)
          << of.name << " " << method;
    }
  }
}

TEST(FormsGolden, TaylorScoresAreThoseOfPyTorch) {
  const model::VitConfig config = GoldenVit(24);
  const HashedWeights weights(config);
  const Reference teacher = ReferenceOf(config, weights, config);
  const auto images = SmallImages();
  const auto scores = GradientScores(teacher, images, {0, 1, 2, 3, 4});
  for (const auto& [name, tensor] : teacher.weights.tensors()) {
    for (int64_t axis = 0; axis < tensor.dim(); ++axis) {
      const auto found = at::tensor(
          scores.slice_scores(name, static_cast<size_t>(axis), nullptr),
          at::kDouble);
      EXPECT_LT(RelativeError(found, FormsGolden("taylor." + name + "/" +
                                                 std::to_string(axis))),
                1e-3)
          << name << " " << axis;
    }
  }
}

}  // namespace
}  // namespace wsel::calibrate
