// Every form of a ViT that can be trained: the configs of the small models in
// tests/golden/model/logits, with hashed weights.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "calibrate/layer_chain.h"
#include "calibrate/rotated_readers.h"
#include "calibrate/small_models.h"
#include "calibrate/stream_basis.h"
#include "model/golden_configs.h"
#include "throws.h"
#include "wsel/calibrate/best_layers.h"
#include "wsel/calibrate/importance.h"
#include "wsel/calibrate/size_errors.h"
#include "wsel/select/plan_json.h"

namespace wsel::calibrate {
namespace {

using Forms = std::vector<std::pair<std::string, model::VitConfig>>;

// By the names of their files; of five classes.
Forms GoldenForms() {
  Forms forms;
  for (const auto& [name, config] : model::GoldenConfigs()) {
    const auto* vit = std::get_if<model::VitConfig>(&config);
    // Images are read as RGB or grey ones alone.
    if (vit == nullptr || (vit->in_chans != 3 && vit->in_chans != 1)) continue;
    forms.emplace_back(name, *vit);
    forms.back().second.num_classes = 5;
  }
  return forms;
}

model::VitConfig Named(const Forms& forms, const std::string& name) {
  return std::ranges::find(forms, name, &Forms::value_type::first)->second;
}

// And what none of them has.
Forms AllForms() {
  Forms forms = GoldenForms();
  EXPECT_GE(forms.size(), 42U);
  const model::VitConfig plain = Named(forms, "vit_plain");
  const auto add = [&](const std::string& name, auto change) {
    model::VitConfig config = plain;
    change(config);
    forms.emplace_back(name, config);
  };
  using C = model::VitConfig;
  add("rmsnorm", [](C& c) { c.norm = model::Norm::kRmsNorm; });
  add("rmsnorm_pre", [](C& c) {
    c.norm = model::Norm::kRmsNorm;
    c.pre_norm = true;
  });
  add("rmsnorm_no_final_norm", [](C& c) {
    c.norm = model::Norm::kRmsNorm;
    c.final_norm = false;
  });
  add("swiglu_without_biases", [](C& c) {
    c.mlp = model::MlpForm::kSwiGlu;
    c.activation = model::Activation::kSilu;
    c.proj_bias = false;
  });
  add("separate_without_biases", [](C& c) {
    c.qkv = model::Qkv::kSeparate;
    c.qkv_bias = false;
  });
  add("parallel_without_biases", [](C& c) {
    c.block = model::BlockForm::kParallel;
    c.qkv_bias = false;
  });
  return forms;
}

// Those of which projection can rotate the stream.
bool IsProjectable(const model::VitConfig& c) {
  return c.block == model::BlockForm::kPreNorm && !c.embed_norm &&
         c.pooling != model::Pooling::kAttention;
}

Images ImagesFor(const model::VitConfig& config, int64_t count = 40) {
  return SmallImages(config.img_size, count, static_cast<int>(config.in_chans));
}

// Two thirds as wide, with heads as large.
model::VitConfig Narrower(model::VitConfig config) {
  config.embed_dim = 16;
  config.num_heads = 2;
  return config;
}

select::Options WithMethod(const std::string& method) {
  return {.method = MethodNamed(method), .head = select::Head::kReuse};
}

TEST(VitForms, RunLayerByLayerAsTheModulesDo) {
  for (const auto& [name, config] : AllForms()) {
    const auto images = ImagesFor(config, 8);
    const HashedWeights weights(config);
    const Reference reference = ReferenceOf(config, weights, config);
    const auto chain = ChainOf(reference.config, reference.weights);
    EXPECT_LT(LargestDifference(LogitsOf(chain, Batch(images)),
                                TeachersLogits(weights, images)),
              1e-4)
        << name;
  }
}

TEST(VitForms, HaveTheGradientsOfTheModules) {
  for (const auto& [name, config] : AllForms()) {
    const auto images = ImagesFor(config, 10);
    const HashedWeights weights(config);
    const Reference teacher = ReferenceOf(config, weights, config);
    const auto scores = GradientScores(teacher, images, {0, 1, 2, 3, 4});
    const auto labels = at::cat({images.Labels(0), images.Labels(1)});
    at::cross_entropy_loss(weights.model().forward(Batch(images)), labels, {},
                           at::Reduction::Sum)
        .backward();
    for (const auto& item : weights.model().module->named_parameters()) {
      const auto product =
          (item.value() * item.value().grad()).detach().abs().to(at::kDouble);
      const auto expected = product.reshape({product.size(0), -1}).sum(1);
      const auto found =
          at::tensor(scores.slice_scores(item.key(), 0, nullptr), at::kDouble);
      // Some are 0 but for rounding, such as those of a bias of all keys.
      EXPECT_LT((found - expected).norm().item<double>(),
                1e-3 * expected.norm().item<double>() + 1e-4)
          << name << " " << item.key();
    }
  }
}

TEST(VitForms, AStudentAsLargeAsItsTeacherHasItsLogits) {
  for (const auto& [name, config] : AllForms()) {
    const HashedWeights weights(config);
    const auto images = ImagesFor(config);
    for (const char* method : {"regression", "projection"}) {
      if (method == std::string("projection") && !IsProjectable(config)) {
        continue;
      }
      const auto made =
          MakeStudent(weights, config, WithMethod(method), images);
      EXPECT_LT(LargestDifference(LogitsOfStudent(made, Batch(images)),
                                  TeachersLogits(weights, images)),
                1e-3)
          << name << " " << method;
    }
  }
}

// How far a narrower student's logits are from the teacher's.
double ErrorOf(const HashedWeights& weights, const model::VitConfig& config,
               const char* method) {
  const auto images = ImagesFor(config);
  const auto made =
      MakeStudent(weights, Narrower(config), WithMethod(method), images);
  EXPECT_EQ(select::PlanFromJson(select::ToJson(made.plan), "plan"), made.plan);
  return (LogitsOfStudent(made, Batch(images)) -
          TeachersLogits(weights, images))
      .norm()
      .item<double>();
}

TEST(VitForms, SolvedStudentsAreCloserThanTheirChannelsAlone) {
  for (const auto& [name, config] : AllForms()) {
    SCOPED_TRACE(name);
    const HashedWeights weights(config);
    const double taken = ErrorOf(weights, config, "activation");
    EXPECT_LT(ErrorOf(weights, config, "regression"), taken);
    if (!IsProjectable(config)) continue;
    EXPECT_LT(ErrorOf(weights, config, "projection"), taken);
  }
}

TEST(VitForms, DropBlocksAndEstimateSizes) {
  for (const auto& [name, config] : AllForms()) {
    const HashedWeights weights(config);
    const auto images = ImagesFor(config, 16);
    const Reference teacher = ReferenceOf(config, weights, config);
    const BestLayers best = ChooseBestLayers(teacher, {1}, images);
    ASSERT_EQ(best.layers.size(), 1U) << name;
    ASSERT_EQ(best.layers[0].size(), 1U) << name;
    std::vector<int64_t> blocks(static_cast<size_t>(config.depth));
    std::iota(blocks.begin(), blocks.end(), 0);
    const std::vector<std::vector<int64_t>> all(1, blocks);
    for (const char* method : {"uniform", "activation", "projection"}) {
      if (method == std::string("projection") && !IsProjectable(config)) {
        continue;
      }
      const SizeErrors errors(teacher, *MethodNamed(method),
                              ActivationScores(teacher, images), images);
      EXPECT_NEAR(errors.Of(config, all, 0), 0, 1e-6) << name << " " << method;
      EXPECT_GT(errors.Of(Narrower(config), all, 0), 0)
          << name << " " << method;
    }
  }
}

// A student of some of the teacher's blocks has their frequencies.
TEST(VitForms, ShallowerStudentsTakeLearntFrequenciesOfTheirBlocks) {
  const model::VitConfig config = Named(GoldenForms(), "eva_rope_mixed_ape");
  const HashedWeights weights(config);
  const Reference teacher = ReferenceOf(config, weights, config);
  const std::vector<std::vector<int64_t>> second(1, {1});
  const Reference last = WithBlocks(teacher, second);
  EXPECT_TRUE(at::equal(last.weights["rope.freqs"].select(1, 0),
                        teacher.weights["rope.freqs"].select(1, 1)));
  model::VitConfig student = config;
  student.depth = 1;
  const auto images = ImagesFor(config, 16);
  select::Options options = WithMethod("projection");
  options.layers = "1";
  const auto made = MakeStudent(weights, student, options, images);
  const auto chain = ChainOf(last.config, last.weights);
  EXPECT_LT(LargestDifference(LogitsOfStudent(made, Batch(images)),
                              LogitsOf(chain, Batch(images))),
            1e-3);
}

// The factor of differential attention is that of a block's number.
TEST(VitForms, BlocksThatMoveComputeWhatTheyDid) {
  for (const char* name : {"vit_diff", "vit_parallel_diff"}) {
    SCOPED_TRACE(name);
    const model::VitConfig config = Named(GoldenForms(), name);
    const HashedWeights weights(config);
    const auto images = ImagesFor(config, 16);
    const Reference teacher = ReferenceOf(config, weights, config);
    LayerChain whole = ChainOf(teacher.config, teacher.weights);
    whole.layers.erase(whole.layers.begin());
    std::vector<int64_t> others(static_cast<size_t>(config.depth - 1));
    std::iota(others.begin(), others.end(), 1);
    const Reference moved =
        WithBlocks(teacher, std::vector<std::vector<int64_t>>(1, others));
    const auto logits = LogitsOf(whole, Batch(images));
    EXPECT_LT(LargestDifference(
                  LogitsOf(ChainOf(moved.config, moved.weights), Batch(images)),
                  logits),
              1e-4);
    model::VitConfig student = config;
    student.depth = config.depth - 1;
    select::Options options = WithMethod("regression");
    options.layers = "last";
    const auto made = MakeStudent(weights, student, options, images);
    EXPECT_LT(LargestDifference(LogitsOfStudent(made, Batch(images)), logits),
              1e-3);
  }
}

void ExpectRejected(const model::VitConfig& teacher,
                    const model::VitConfig& student, const char* method,
                    const std::vector<std::string>& parts) {
  const HashedWeights weights(teacher);
  ExpectError(
      [&] {
        MakeStudent(weights, student, WithMethod(method),
                    ImagesFor(teacher, 8));
      },
      ErrorKind::kMismatch, parts);
}

TEST(VitForms, ProjectionRejectsWhatItCannotRotate) {
  for (const auto& [name, config] : AllForms()) {
    if (IsProjectable(config)) continue;
    ExpectRejected(config, config, "projection", {"use regression"});
  }
}

// Also where only the teacher has such a form.
TEST(VitForms, ProjectionRejectsATeacherThatItCannotRotate) {
  const model::VitConfig plain = Named(GoldenForms(), "vit_plain");
  model::VitConfig teacher = plain;
  teacher.block = model::BlockForm::kPostNorm;
  ExpectRejected(teacher, plain, "projection",
                 {"block: of the teacher is 'post-norm'", "use regression"});
  teacher = plain;
  teacher.embed_norm = true;
  ExpectRejected(teacher, plain, "projection",
                 {"embed_norm: of the teacher", "use regression"});
}

TEST(VitForms, ProjectionKeepsHeadsWholeThatRotate) {
  const model::VitConfig config = Named(GoldenForms(), "eva_rope_axial");
  model::VitConfig student = config;
  student.embed_dim = 12;  // 3 heads of 4 channels
  ExpectRejected(config, student, "projection",
                 {"num_heads", "8 channels a head"});
}

TEST(VitForms, ProjectionRejectsAnotherForm) {
  const model::VitConfig plain = Named(GoldenForms(), "vit_plain");
  model::VitConfig student = plain;
  student.final_norm = false;
  ExpectRejected(plain, student, "projection",
                 {"final_norm", "use regression"});
}

TEST(VitForms, RegressionRejectsBlocksWithNormsInOtherPlaces) {
  const model::VitConfig plain = Named(GoldenForms(), "vit_plain");
  model::VitConfig student = plain;
  student.block = model::BlockForm::kPostNorm;
  ExpectRejected(plain, student, "regression", {"block", "activation"});
}

TEST(UncentredBasis, KeepsRmsNormOnTheKeptDirections) {
  const int64_t from = 12;
  const int64_t to = 7;
  const auto x =
      model::HashedNormalTensor("stream", {50, from}).to(at::kDouble);
  const auto u = x / x.norm(2, -1, true);
  const auto basis = UncentredBasis(at::matmul(u.t(), u), to);
  EXPECT_LT(
      LargestDifference(at::matmul(basis.t(), basis), at::eye(to, at::kDouble)),
      1e-12);
  // A stream within the kept directions: both norms are the same numbers.
  const auto inside = at::matmul(at::matmul(x, basis), basis.t());
  const auto normed = [](const at::Tensor& y) {
    return y / y.square().mean(-1, /*keepdim=*/true).sqrt();
  };
  EXPECT_LT(LargestDifference(
                at::matmul(normed(inside), basis),
                normed(at::matmul(inside, basis)) * NormScale(1, 1, to, from)),
            1e-9);
}

}  // namespace
}  // namespace wsel::calibrate
