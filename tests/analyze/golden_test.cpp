// Against NumPy, by scripts/golden/analyze.py.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analyze/measures.h"
#include "nn/hashed_model.h"
#include "throws.h"
#include "wsel/analyze/attention_products.h"
#include "wsel/analyze/weight_table.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::analyze {
namespace {

constexpr int64_t kGoldenImages = 40;
constexpr double kNear = 1e-12;

at::Tensor AnalysisGolden(const std::string& name) {
  static const auto file = checkpoint::Open(
      WSEL_SOURCE_DIR "/tests/golden/analyze/numpy.safetensors");
  return Borrow(file->View(name)).clone();
}

double AnalysisGolden(const std::string& name, int64_t index) {
  return AnalysisGolden(name)[index].item<double>();
}

at::Tensor X() {
  return model::HashedNormalTensor("analyze.x", {kGoldenImages, 12});
}
at::Tensor Noise() {
  return model::HashedNormalTensor("analyze.y", {kGoldenImages, 12});
}
// Part of x, shifted and scaled, and noise.
at::Tensor Y() {
  return at::cat({X().slice(1, 0, 4) * 2 + 1, Noise().slice(1, 0, 5)}, 1);
}

model::VitConfig GoldenVit() {
  model::VitConfig config;
  config.name = "small";
  config.img_size = 28;
  config.patch_size = 7;
  config.embed_dim = 24;
  config.depth = 2;
  config.num_heads = 3;
  config.num_classes = 5;
  return config;
}

// The hashed parameters of a model as a checkpoint.
class HashedWeights : public TensorSource {
 public:
  explicit HashedWeights(const model::Config& config)
      : model_(nn::HashedModel(config)) {
    for (const auto& item : model_.module->named_parameters()) {
      specs_.push_back({item.key(), item.value().sizes().vec()});
    }
  }
  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    const TensorSpec* spec = Find(name);
    const auto tensor = model_.module->named_parameters()[std::string(name)];
    return {*spec, ContiguousStrides(spec->shape), BytesOf(tensor.detach()),
            nullptr};
  }

 private:
  nn::Model model_;
  std::vector<TensorSpec> specs_;
};

TEST(EffectiveRank, EqualsNumpys) {
  EXPECT_NEAR(EffectiveRank(X()), AnalysisGolden("rank", 0), 1e-5);
  EXPECT_NEAR(EffectiveRank(Y().t()), AnalysisGolden("rank", 1), 1e-5);
}

TEST(EffectiveRank, OfSpecialMatrices) {
  EXPECT_NEAR(EffectiveRank(at::eye(7)), 7, kNear);
  EXPECT_NEAR(EffectiveRank(at::ones({3, 5})), 1, kNear);
  EXPECT_EQ(EffectiveRank(at::zeros({3, 5})), 0);
  const auto nan = at::full({2, 2}, std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(std::isnan(EffectiveRank(nan)));
}

TEST(LinearCka, EqualsNumpys) {
  EXPECT_NEAR(LinearCka(X(), X()), AnalysisGolden("cka", 0), kNear);
  EXPECT_NEAR(LinearCka(X(), Y()), AnalysisGolden("cka", 1), 1e-6);
  EXPECT_NEAR(LinearCka(X(), Noise()), AnalysisGolden("cka", 2), 1e-6);
}

TEST(LinearCka, IsInvariantToRotationScaleAndShift) {
  const auto rotation =
      std::get<0>(at::linalg_qr(X().slice(0, 0, 12).to(at::kDouble)));
  const auto moved = X().to(at::kDouble).matmul(rotation) * 3 + 5;
  EXPECT_NEAR(LinearCka(X(), moved), 1, kNear);
  EXPECT_TRUE(std::isnan(LinearCka(X(), at::ones({kGoldenImages, 3}))));
}

TEST(MeanCosine, EqualsNumpys) {
  EXPECT_NEAR(MeanCosine(X(), Noise()), AnalysisGolden("cosine", 0), 1e-7);
  EXPECT_NEAR(MeanCosine(X(), X() + Noise()), AnalysisGolden("cosine", 1),
              1e-6);
}

TEST(AttentionProducts, EqualNumpys) {
  const model::Config config = GoldenVit();
  const HashedWeights weights(config);
  for (int64_t head = 0; head < 3; ++head) {
    const auto products = ProductsOf(config, weights, 1, head);
    const auto number = std::to_string(head);
    EXPECT_TRUE(at::allclose(
        products.query_key, AnalysisGolden("query_key." + number), 1e-6, 1e-7));
    EXPECT_TRUE(at::allclose(products.value_proj,
                             AnalysisGolden("value_proj." + number), 1e-6,
                             1e-7));
  }
}

TEST(AttentionProducts, RejectABlockOrHeadThatDoesNotExist) {
  const model::Config config = GoldenVit();
  const HashedWeights weights(config);
  ExpectError([&] { ProductsOf(config, weights, 2, 0); }, ErrorKind::kUsage,
              {"block", "is 2", "2 blocks"});
  ExpectError([&] { ProductsOf(config, weights, 0, -1); }, ErrorKind::kUsage,
              {"head_index", "3 heads"});
  ExpectError([&] { ProductsOf(model::ConvNextConfig{}, weights, 0, 0); },
              ErrorKind::kMismatch, {"no attention"});
  auto wider = GoldenVit();
  wider.embed_dim = 48;
  ExpectError([&] { ProductsOf(wider, weights, 0, 0); }, ErrorKind::kMismatch,
              {"blocks.0.attn.qkv.weight", "[72, 24]", "[144, 48]"});
}

TEST(Diagonality, OfTheIdentityAndItsComplement) {
  const auto identity = DiagonalityOf(at::eye(5) * 3);
  EXPECT_NEAR(identity.diagonal_mean, 3, kNear);
  EXPECT_NEAR(identity.off_diagonal_rms, 0, kNear);
  const auto rest = DiagonalityOf(at::ones({5, 5}) - at::eye(5));
  EXPECT_NEAR(rest.diagonal_mean, 0, kNear);
  EXPECT_NEAR(rest.off_diagonal_rms, 1, kNear);
}

TEST(WeightTable, EqualsNumpys) {
  const model::Config config = GoldenVit();
  for (const WeightRow& row : WeightTable(config, HashedWeights(config))) {
    if (row.tensor != "blocks.1.mlp.fc1.weight") continue;
    EXPECT_EQ(row.layer, "mlp.fc1");
    EXPECT_EQ(row.block, 1);
    EXPECT_EQ(row.full_rank, 24);
    const Statistics& s = row.statistics;
    const double found[] = {s.mean, s.std,    s.min,
                            s.max,  row.norm, row.effective_rank};
    for (int64_t i = 0; i < 6; ++i) {
      EXPECT_NEAR(found[i], AnalysisGolden("fc1", i), 1e-6) << i;
    }
    return;
  }
  FAIL() << "no fc1";
}

TEST(WeightTable, CountsBlocksAcrossStages) {
  model::ConvNextConfig small;
  small.name = "small";
  small.dims = {4, 6, 8, 10};
  small.depths = {1, 2, 1, 1};
  const model::Config config = small;
  int last = -1;
  for (const WeightRow& row : WeightTable(config, HashedWeights(config))) {
    EXPECT_TRUE(row.block == -1 || row.block == last || row.block == last + 1)
        << row.tensor;
    last = std::max(last, row.block);
    if (row.tensor == "stages.0.blocks.0.conv_dw.weight") {
      EXPECT_EQ(row.full_rank, 4);
    }
    EXPECT_EQ(row.full_rank == 0, row.shape.size() == 1) << row.tensor;
  }
  EXPECT_EQ(last, 4);
}

}  // namespace
}  // namespace wsel::analyze
