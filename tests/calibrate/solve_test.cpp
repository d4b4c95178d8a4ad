// Properties of solved students, whatever the architecture.

#include "wsel/calibrate/solve.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "calibrate/layer_chain.h"
#include "calibrate/low_rank.h"
#include "calibrate/rotated_readers.h"
#include "calibrate/small_models.h"
#include "calibrate/stream_basis.h"
#include "throws.h"
#include "wsel/calibrate/agreement.h"
#include "wsel/select/plan_json.h"

namespace wsel::calibrate {
namespace {

using testing::HasSubstr;

model::VitConfig SmallVit() {
  model::VitConfig config;
  config.name = "vit";
  config.img_size = kSide;
  config.patch_size = 4;
  config.embed_dim = 12;
  config.depth = 2;
  config.num_heads = 3;
  config.num_classes = 5;
  return config;
}

// Every form that can be trained.
std::vector<std::pair<std::string, model::VitConfig>> VitForms() {
  std::vector<std::pair<std::string, model::VitConfig>> forms;
  const auto add = [&](const std::string& name, auto change) {
    model::VitConfig config = SmallVit();
    change(config);
    forms.emplace_back(name, config);
  };
  using C = model::VitConfig;
  add("plain", [](C&) {});
  add("registers", [](C& c) { c.reg_tokens = 2; });
  add("no_embed_class", [](C& c) {
    c.reg_tokens = 2;
    c.no_embed_class = true;
  });
  add("layer_scale", [](C& c) { c.layer_scale = 1e-5; });
  add("norm_pre", [](C& c) { c.pre_norm = true; });
  add("average", [](C& c) { c.pooling = model::Pooling::kAverage; });
  add("normed_average", [](C& c) {
    c.pooling = model::Pooling::kNormedAverage;
    c.class_token = false;
  });
  add("no_qkv_bias", [](C& c) { c.qkv_bias = false; });
  add("distilled", [](C& c) { c.dist_token = true; });
  add("quick_gelu", [](C& c) { c.activation = model::Activation::kQuickGelu; });
  return forms;
}

model::ConvNextConfig SmallConvNext() {
  return {.name = "convnext",
          .img_size = 32,
          .dims = {8, 8, 12, 16},
          .depths = {1, 1, 2, 1},
          .num_classes = 5};
}

std::vector<std::pair<std::string, model::Config>> ConvNextForms() {
  const model::ConvNextConfig v1 = SmallConvNext();
  model::ConvNextConfig first = v1;
  first.head_norm_first = true;
  first.patch_size = 2;
  model::ConvNextConfig plain = v1;
  plain.layer_scale = 0;
  plain.conv_mlp = true;
  const model::ConvNextV2Config v2{.name = "v2",
                                   .img_size = 32,
                                   .dims = v1.dims,
                                   .depths = v1.depths,
                                   .num_classes = 5};
  model::ConvNextConfig overlap = v1;
  overlap.stem_type = model::ConvNextStem::kOverlap;
  overlap.norm_layer = model::ConvNextNorm::kRmsNorm;
  model::ConvNextConfig act = v1;
  act.stem_type = model::ConvNextStem::kOverlapAct;
  act.norm_layer = model::ConvNextNorm::kSimpleNorm;
  act.activation = model::Activation::kSilu;
  model::ConvNextConfig hidden = v1;
  hidden.kernel_sizes = {3, 5, 7, 7};
  hidden.activation = model::Activation::kGeluTanh;
  hidden.head_hidden_size = 12;
  return {{"v1", v1},        {"head_norm_first", first}, {"conv_mlp", plain},
          {"v2", v2},        {"overlap", overlap},       {"overlap_act", act},
          {"hidden", hidden}};
}

model::Config HalfAsWide(model::Config config) {
  for (int64_t& width : FieldsOf(config).widths) width = width * 2 / 3;
  if (auto* heads = FieldsOf(config).num_heads) *heads = 2;
  return config;
}

select::Options With(const std::string& method,
                     select::Head head = select::Head::kReuse) {
  return {.method = MethodNamed(method), .head = head};
}

std::vector<std::pair<std::string, model::Config>> FormsOfBoth() {
  auto forms = ConvNextForms();
  for (const auto& [name, config] : VitForms()) {
    forms.emplace_back(name, config);
  }
  return forms;
}

// The forward passes here are those of the modules.
TEST(LayerChain, HasTheLogitsOfTheModules) {
  for (const auto& [name, config] : FormsOfBoth()) {
    const auto images = SmallImages(ImageSize(config), 8);
    const HashedWeights weights(config);
    const Reference reference = ReferenceOf(config, weights, config);
    const auto chain = ChainOf(reference.config, reference.weights);
    EXPECT_LT(LargestDifference(LogitsOf(chain, Batch(images)),
                                TeachersLogits(weights, images)),
              1e-4)
        << name;
  }
}

TEST(Solve, AStudentAsLargeAsItsTeacherHasItsLogits) {
  for (const auto& [name, config] : VitForms()) {
    const HashedWeights weights(config);
    const auto images = SmallImages();
    for (const char* method : {"regression", "projection"}) {
      const auto made = MakeStudent(weights, config, With(method), images);
      EXPECT_LT(LargestDifference(LogitsOfStudent(made, Batch(images)),
                                  TeachersLogits(weights, images)),
                1e-3)
          << name << " " << method;
    }
  }
  for (const auto& [name, config] : ConvNextForms()) {
    const HashedWeights weights(config);
    const auto images = SmallImages(32, 16);
    const auto made = MakeStudent(weights, config, With("regression"), images);
    EXPECT_LT(LargestDifference(LogitsOfStudent(made, Batch(images)),
                                TeachersLogits(weights, images)),
              1e-3)
        << name;
  }
}

// GRN begins as the identity.
TEST(Solve, AConvNextV2HasTheLogitsOfAConvNextAsLarge) {
  model::ConvNextConfig teacher = SmallConvNext();
  teacher.layer_scale = 0;
  const model::ConvNextV2Config student{.name = "v2",
                                        .img_size = teacher.img_size,
                                        .dims = teacher.dims,
                                        .depths = teacher.depths,
                                        .num_classes = teacher.num_classes};
  const HashedWeights weights(teacher);
  const auto images = SmallImages(32, 16);
  const auto made = MakeStudent(weights, student, With("regression"), images);
  EXPECT_LT(LargestDifference(LogitsOfStudent(made, Batch(images)),
                              TeachersLogits(weights, images)),
            1e-3);
  EXPECT_EQ(select::PlanFromJson(select::ToJson(made.plan), "plan"), made.plan);
}

// The hidden channels of the head are selected and fitted too.
TEST(Solve, FitsTheHiddenLayerBeforeTheClassifier) {
  model::ConvNextConfig teacher = SmallConvNext();
  teacher.head_hidden_size = 12;
  model::ConvNextConfig student = teacher;
  student.head_hidden_size = 8;
  const HashedWeights weights(teacher);
  const auto images = SmallImages(32, 40);
  const auto logits = TeachersLogits(weights, images);
  const auto error = [&](const char* method) {
    const auto made = MakeStudent(weights, student, With(method), images);
    return (LogitsOfStudent(made, Batch(images)) - logits)
        .norm()
        .item<double>();
  };
  EXPECT_LT(error("regression"), error("activation"));
}

TEST(ReferenceOf, RejectsPatchesThatAreNotAsFarApartAsAnOverlappingStems) {
  model::ConvNextConfig teacher = SmallConvNext();
  teacher.stem_type = model::ConvNextStem::kOverlap;
  model::ConvNextConfig student = SmallConvNext();
  student.patch_size = 1;
  const HashedWeights weights(teacher);
  ExpectError([&] { ReferenceOf(teacher, weights, student); },
              ErrorKind::kMismatch, {"patch_size", "stride 4"});
}

// A distilled student has a classifier more than its teacher, which is drawn.
TEST(ReferenceOf, HasTheTokensOfADistilledStudent) {
  const HashedWeights weights(SmallVit());
  model::VitConfig student = SmallVit();
  student.dist_token = true;
  const Images images = SmallImages();
  for (const char* method : {"activation", "regression", "projection"}) {
    const auto made =
        MakeStudent(weights, student, {.method = MethodNamed(method)}, images);
    EXPECT_FALSE(made.teacher.classifies);
    EXPECT_EQ(LogitsOfStudent(made, Batch(images)).size(1), 5) << method;
  }
  const Reference teacher = ReferenceOf(SmallVit(), weights, student);
  ExpectError(
      [&] {
        GradientScores(teacher, images, {0, 1, 2, 3, 4});
      },
      ErrorKind::kMismatch, {"method=taylor", "distillation token"});
}

TEST(ReferenceOf, ResamplesPatchesAsTheStudent) {
  const HashedWeights weights(SmallVit());
  model::VitConfig student = SmallVit();
  student.patch_size *= 2;
  const auto patches = [&](select::PatchResize resize) {
    return ReferenceOf(SmallVit(), weights, student, {.patch_resize = resize})
        .weights["patch_embed.proj.weight"];
  };
  EXPECT_FALSE(at::equal(patches(select::PatchResize::kPinv),
                         patches(select::PatchResize::kBilinear)));
}

// Half of the channels, of every form: closer to the teacher than the same
// channels alone.
TEST(Solve, SolvedStudentsAreCloserThanTheirChannelsAlone) {
  for (const auto& [name, config] : FormsOfBoth()) {
    const bool vit = NumHeads(config) > 0;
    const HashedWeights weights(config);
    const auto images = vit ? SmallImages() : SmallImages(32, 16);
    const auto student = HalfAsWide(config);
    const auto teacher = TeachersLogits(weights, images);
    const auto error = [&](const char* method) {
      const auto made = MakeStudent(weights, student, With(method), images);
      return (LogitsOfStudent(made, Batch(images)) - teacher)
          .norm()
          .item<double>();
    };
    const double taken = error("activation");
    EXPECT_LT(error("regression"), taken) << name;
    if (vit) {
      EXPECT_LT(error("projection"), taken) << name;
    }
  }
}

TEST(StreamBasis, KeepsLayerNormOnTheKeptDirections) {
  const int64_t from = 12;
  const int64_t to = 7;
  const auto x =
      model::HashedNormalTensor("stream", {50, from}).to(at::kDouble);
  const auto y = Centred(x);
  const auto u = y / y.norm(2, -1, true);
  const auto basis = StreamBasis(at::matmul(u.t(), u), to);
  const auto kept = at::matmul(basis.t(), basis);
  const auto ones = at::ones({to, to}, at::kDouble) / to;
  EXPECT_LT(LargestDifference(kept, at::eye(to, at::kDouble) - ones), 1e-12);
  // A stream within the kept directions: both norms are the same numbers.
  const auto inside = at::matmul(at::matmul(y, basis), basis.t());
  const auto teacher = at::layer_norm(inside, {from}, {}, {}, 0);
  const auto s = at::matmul(inside, basis);
  EXPECT_LT(s.mean(-1).abs().max().item<double>(), 1e-12);
  const auto student =
      at::layer_norm(s, {to}, {}, {}, 0) * NormScale(1, 1, to, from);
  EXPECT_LT(LargestDifference(at::matmul(teacher, basis), student), 1e-9);
}

TEST(StreamBasis, OfTheWholeWidthLosesNothing) {
  const auto x = model::HashedNormalTensor("stream", {50, 8}).to(at::kDouble);
  const auto y = Centred(x);
  const auto basis = StreamBasis(at::matmul(y.t(), y), 8);
  EXPECT_LT(LargestDifference(at::matmul(at::matmul(y, basis), basis.t()), y),
            1e-12);
}

// Fewer directions than channels: the constant one is still left out.
TEST(StreamBasis, OfFewRowsHasNoMean) {
  const auto x = model::HashedNormalTensor("few", {2, 8}).to(at::kDouble);
  const auto y = Centred(x);
  const auto basis = StreamBasis(at::matmul(y.t(), y), 6);
  EXPECT_LT(basis.sum(0).abs().max().item<double>(), 1e-9);
}

TEST(RotatedReader, WithoutABiasReadsItFromTheNorm) {
  const int64_t width = 6;
  const auto s = Centred(model::HashedNormalTensor("s", {9, width}));
  // A basis of vectors of mean 0 makes rows of mean 0.
  const RotatedReader reader = {
      Centred(model::HashedNormalTensor("w", {4, width})).to(at::kDouble),
      model::HashedNormalTensor("b", {4}).to(at::kDouble)};
  Weights student;
  student.Set("norm.weight", at::full({width}, 2.0));
  student.Set("norm.bias", at::zeros({width}));
  SetReader(reader, "norm", WholeLayer("layer", /*with_bias=*/false), student);
  EXPECT_FALSE(student.Has("layer.bias"));
  const auto normed = at::layer_norm(s, {width}, student["norm.weight"],
                                     student["norm.bias"], 1e-6);
  const auto plain =
      at::layer_norm(s, {width}, at::full({width}, 2.0), {}, 1e-6);
  EXPECT_LT(LargestDifference(at::linear(normed, student["layer.weight"]),
                              at::linear(plain, reader.weight.to(at::kFloat),
                                         reader.bias.to(at::kFloat))),
            1e-5);
}

TEST(LowRank, OfTheFullRankIsTheWholeProduct) {
  const auto q = model::HashedNormalTensor("q", {40, 5}).to(at::kDouble);
  const auto k = model::HashedNormalTensor("k", {40, 5}).to(at::kDouble);
  const auto maps =
      LowRankLogits(at::matmul(q.t(), q), at::matmul(k.t(), k), 5);
  EXPECT_LT(LargestDifference(at::matmul(at::matmul(q, maps.first),
                                         at::matmul(k, maps.second).t()),
                              at::matmul(q, k.t())),
            1e-9);
}

TEST(Solve, IsTheSameForAnyNumberOfThreads) {
  const int before = at::get_num_threads();
  for (const auto& [config, method] :
       std::vector<std::pair<model::Config, const char*>>{
           {SmallVit(), "activation"},
           {SmallVit(), "regression"},
           {SmallVit(), "projection"},
           {ConvNextForms()[0].second, "regression"}}) {
    const HashedWeights weights(config);
    const auto images = SmallImages(ImageSize(config), 20);
    std::vector<MadeStudent> made;
    for (const int threads : {1, 2}) {
      at::set_num_threads(threads);
      made.push_back(
          MakeStudent(weights, HalfAsWide(config), With(method), images));
      EXPECT_EQ(at::get_num_threads(), threads);
    }
    EXPECT_EQ(made[0].plan, made[1].plan);
    for (size_t i = 0; i < made[0].solved.student.tensors.size(); ++i) {
      EXPECT_TRUE(at::equal(Borrow(made[0].solved.student.tensors[i]),
                            Borrow(made[1].solved.student.tensors[i])))
          << method << " " << made[0].plan.entries[i].student.name;
    }
  }
  at::set_num_threads(before);
}

TEST(Solve, WarnsOfFewerRowsThanInputs) {
  const HashedWeights weights(SmallVit());
  const auto few = SmallImages(kSide, 1);
  const auto made =
      MakeStudent(weights, HalfAsWide(SmallVit()), With("regression"), few);
  EXPECT_THAT(made.solved.warning, HasSubstr("more calibration images"));
  for (const TensorView& tensor : made.solved.student.tensors) {
    EXPECT_TRUE(at::isfinite(Borrow(tensor)).all().item<bool>());
  }
}

TEST(Solve, NamesTheBlockOfActivationsThatAreNotFinite) {
  for (const char* method : {"activation", "regression", "projection"}) {
    const HashedWeights weights(SmallVit());
    weights.model()
        .module->named_parameters()["blocks.1.mlp.fc1.bias"]
        .detach()
        .fill_(std::numeric_limits<float>::quiet_NaN());
    ExpectError(
        [&] {
          MakeStudent(weights, HalfAsWide(SmallVit()), With(method),
                      SmallImages());
        },
        ErrorKind::kMismatch, {"blocks.1", "NaN"});
  }
}

TEST(MarkSolved, RejectsWhatAMethodCannotDo) {
  const auto make = [](const model::Config& teacher,
                       const model::Config& student,
                       const select::Options& options) {
    const HashedWeights weights(teacher);
    MakeStudent(weights, student, options, SmallImages());
  };
  const auto convnext = ConvNextForms()[0].second;
  ExpectError([&] { make(convnext, convnext, With("projection")); },
              ErrorKind::kUsage, {"only for ViT", "use regression"});
  select::Options options = With("regression");
  options.skip = {"norm"};
  ExpectError([&] { make(SmallVit(), SmallVit(), options); }, ErrorKind::kUsage,
              {"skip", "leave it out"});
  options = With("projection");
  options.heads = select::Heads::kWithin;
  ExpectError([&] { make(SmallVit(), SmallVit(), options); }, ErrorKind::kUsage,
              {"heads", "decided by method projection"});
  model::VitConfig student = SmallVit();
  student.num_heads = 6;
  ExpectError([&] { make(SmallVit(), student, With("projection")); },
              ErrorKind::kMismatch, {"num_heads", "6 heads"});
}

TEST(Agreement, IsWholeForAStudentAsLargeAsItsTeacher) {
  const HashedWeights weights(SmallVit());
  const auto images = SmallImages();
  const auto made =
      MakeStudent(weights, SmallVit(), With("projection"), images);
  const auto agreement =
      AgreementOf(made.teacher, made.teacher, SmallVit(),
                  WeightsOf(made.plan, made.solved.student), made.solved.encode,
                  /*same_classes=*/true, images);
  EXPECT_EQ(agreement.top1, 100);
  ASSERT_EQ(agreement.stream.size(), 2U);
  EXPECT_EQ(agreement.stream[1].block, "blocks.1");
  EXPECT_NEAR(agreement.stream[1].kept, 1, 1e-6);
  EXPECT_LT(agreement.stream[1].error, 1e-6);
}

// The gradients of a loss, by finite differences of one weight.
TEST(GradientScores, AreTheWeightsTimesTheirGradients) {
  const HashedWeights weights(SmallVit());
  const auto images = SmallImages(kSide, 10);
  const Reference teacher = ReferenceOf(SmallVit(), weights, SmallVit());
  const auto scores = GradientScores(teacher, images, {0, 1, 2, 3, 4});
  const auto parameters = weights.model().module->named_parameters();
  auto labels = at::cat({images.Labels(0), images.Labels(1)});
  at::cross_entropy_loss(weights.model().forward(Batch(images)), labels, {},
                         at::Reduction::Sum)
      .backward();
  for (const std::string name : {"blocks.0.mlp.fc2.weight", "norm.weight"}) {
    const auto products =
        (parameters[name] * parameters[name].grad()).detach().abs();
    for (int64_t axis = 0; axis < products.dim(); ++axis) {
      const auto expected =
          products.dim() == 1 ? products : products.sum(1 - axis);
      const auto found =
          scores.slice_scores(name, static_cast<size_t>(axis), nullptr);
      const auto difference =
          at::tensor(found, at::kDouble) - expected.to(at::kDouble);
      EXPECT_LT(difference.norm().item<double>(),
                1e-3 * expected.norm().item<double>())
          << name << " " << axis;
    }
  }
}

TEST(Images, HaveADigestOfPixelsAndLabels) {
  EXPECT_EQ(SmallImages().Digest(false), SmallImages().Digest(false));
  EXPECT_NE(SmallImages().Digest(false), SmallImages(kSide, 39).Digest(false));
  EXPECT_NE(SmallImages().Digest(false), SmallImages().Digest(true));
  EXPECT_EQ(SmallImages(kSide, 39).num_tiles(), 5U);
  EXPECT_EQ(SmallImages().EvenlySpaced(10).size(), 10);
  EXPECT_EQ(SmallImages().EvenlySpaced(100).size(), 40);
}

TEST(Images, AnErrorNamesTheImage) {
  auto set = HashedImages();
  set.image = [](int64_t) { return image::Image(); };
  const Images images(set, {.img_size = 64}, {});
  ExpectError([&] { images.Tile(0); }, ErrorKind::kFormat, {"image 0"});
}

}  // namespace
}  // namespace wsel::calibrate
