// Against NumPy, by scripts/golden/calibration.py in float64.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "calibrate/low_rank.h"
#include "calibrate/small_models.h"
#include "relative_error.h"
#include "wsel/calibrate/agreement.h"
#include "wsel/calibrate/best_layers.h"
#include "wsel/calibrate/size_errors.h"
#include "wsel/checkpoint/checkpoint.h"

namespace wsel::calibrate {
namespace {

at::Tensor CalibrationGolden(const std::string& name) {
  static const auto file = checkpoint::Open(
      WSEL_SOURCE_DIR "/tests/golden/calibrate/numpy.safetensors");
  return Borrow(file->View(name)).clone();
}

model::VitConfig GoldenTeacher() {
  model::VitConfig config;
  config.name = "small";
  config.img_size = kSide;
  config.patch_size = 4;
  config.embed_dim = 24;
  config.depth = 2;
  config.num_heads = 3;
  config.num_classes = 5;
  return config;
}

struct StudentCase {
  const char* name;
  int64_t width, heads;
};
constexpr StudentCase kStudentCases[] = {
    {"narrow", 12, 3}, {"heads", 16, 2}, {"whole", 24, 3}};

MadeStudent Make(const StudentCase& of, const std::string& method) {
  model::VitConfig student = GoldenTeacher();
  student.embed_dim = of.width;
  student.num_heads = of.heads;
  const HashedWeights weights(GoldenTeacher());
  return MakeStudent(
      weights, student,
      {.method = MethodNamed(method), .head = select::Head::kReuse},
      SmallImages());
}

TEST(CalibrationGolden, TheTeacherIsThatOfNumPy) {
  const HashedWeights weights(GoldenTeacher());
  const at::NoGradGuard no_grad;
  EXPECT_LT(RelativeError(weights.model().forward(Batch(SmallImages())),
                          CalibrationGolden("teacher.logits")),
            1e-5);
}

TEST(CalibrationGolden, ActivationTakesTheSameIndices) {
  for (const StudentCase& of : kStudentCases) {
    const MadeStudent made = Make(of, "activation");
    EXPECT_EQ(made.plan.sets.empty(), of.width == 24);
    for (const select::IndexSet& set : made.plan.sets) {
      EXPECT_TRUE(
          at::equal(at::tensor(set.indices, at::kLong),
                    CalibrationGolden(std::string(of.name) + "." + set.name)))
          << of.name << " " << set.name;
    }
  }
}

TEST(CalibrationGolden, StudentsHaveTheSameLogits) {
  const auto images = Batch(SmallImages());
  for (const StudentCase& of : kStudentCases) {
    for (const char* method : {"activation", "regression", "projection"}) {
      const auto expected =
          CalibrationGolden(std::string(of.name) + "." + method + ".logits");
      EXPECT_LT(
          RelativeError(LogitsOfStudent(Make(of, method), images), expected),
          1e-3)
          << of.name << " " << method;
    }
  }
}

// What a budget chooses sizes by.
TEST(CalibrationGolden, StudentsLackTheSameOfTheTeachersLastStream) {
  const auto images = SmallImages();
  for (const StudentCase& of : kStudentCases) {
    for (const char* method : {"activation", "regression", "projection"}) {
      const std::string name = std::string(of.name) + "." + method;
      const MadeStudent made = Make(of, method);
      const auto& student = std::get<model::Config>(made.plan.student);
      const SizeErrors errors(made.teacher, *MethodNamed(method),
                              ActivationScores(made.teacher, images), images);
      EXPECT_NEAR(errors.Of(student, {{0, 1}}, 0),
                  CalibrationGolden(name + ".estimated").item<double>(), 1e-5)
          << name;
      const auto encode = made.solved.encode.empty() ? EncodingOf(made.plan)
                                                     : made.solved.encode;
      const auto last = OutputAgreementOf(
          made.teacher, student, WeightsOf(made.plan, made.solved.student),
          encode, images);
      EXPECT_NEAR(LackingShare(last),
                  CalibrationGolden(name + ".lacking").item<double>(), 1e-3)
          << name;
    }
  }
}

TEST(CalibrationGolden, RootsClampSmallEigenvalues) {
  const auto a = model::HashedNormalTensor("moments", {30, 6}).to(at::kDouble);
  const Roots roots = RootsOf(at::matmul(a.t(), a));
  EXPECT_LT(RelativeError(roots.root, CalibrationGolden("root")), 1e-12);
  EXPECT_LT(RelativeError(roots.inverse, CalibrationGolden("inverse")), 1e-12);
}

TEST(CalibrationGolden, BestLayersDropTheBlockOfLeastCost) {
  const HashedWeights weights(GoldenTeacher());
  const Reference teacher =
      ReferenceOf(GoldenTeacher(), weights, GoldenTeacher());
  const BestLayers best = ChooseBestLayers(teacher, {1}, SmallImages());
  const auto costs = CalibrationGolden("drop_costs");
  const int64_t dropped = costs.argmin().item<int64_t>();
  EXPECT_EQ(best.layers, (std::vector<std::vector<int64_t>>{{1 - dropped}}));
  ASSERT_EQ(best.dropped.size(), 1U);
  EXPECT_EQ(best.dropped[0], fmt::format("blocks.{}: {:.3g}", dropped,
                                         costs[dropped].item<double>()));
}

}  // namespace
}  // namespace wsel::calibrate
