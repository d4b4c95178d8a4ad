#include "wsel/analyze/depth_profile.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "nn/hashed_model.h"
#include "wsel/data/sampler.h"
#include "wsel/train/image_batches.h"

namespace wsel::analyze {
namespace {

using testing::ElementsAre;

constexpr int kSide = 32;

model::Config ProfiledVit() {
  model::VitConfig config;
  config.name = "small";
  config.img_size = kSide;
  config.patch_size = 8;
  config.embed_dim = 12;
  config.depth = 2;
  config.num_heads = 3;
  config.num_classes = 0;
  return config;
}

model::Config ProfiledConvNext() {
  model::ConvNextConfig config;
  config.name = "small";
  config.img_size = kSide;
  config.dims = {4, 6, 8, 10};
  config.depths = {1, 1, 2, 1};
  config.num_classes = 0;
  config.layer_scale = 1;
  return config;
}

// Seven different images, which is not a multiple of a batch of three.
data::Dataset ProfiledImages() {
  data::Dataset set;
  set.name = "seven";
  set.classes = {"all"};
  set.labels.resize(7);
  set.image = [](int64_t index) {
    image::Image image(kSide, kSide);
    int value = static_cast<int>(index) * 17;
    for (auto& byte : image.bytes()) byte = static_cast<uint8_t>(value += 5);
    return image;
  };
  set.filename = [](int64_t index) { return std::to_string(index); };
  return set;
}

std::vector<BlockFeatures> Profile(const nn::Model& model, int64_t batch) {
  const auto set = ProfiledImages();
  train::Uploader uploader(c10::kCPU, {});
  data::Loader loader(set, train::MakeEvalTransform({.img_size = kSide}),
                      data::EvalBatches(set.size(), batch),
                      {.img_size = kSide, .batch_size = batch, .workers = 0});
  return ProfileOf(model, loader, uploader);
}

TEST(BlockNames, ArePrefixesOfTensorNames) {
  EXPECT_THAT(BlockNames(ProfiledVit()),
              ElementsAre("embed", "blocks.0", "blocks.1"));
  EXPECT_THAT(BlockNames(ProfiledConvNext()),
              ElementsAre("embed", "stages.0.blocks.0", "stages.1.blocks.0",
                          "stages.2.blocks.0", "stages.2.blocks.1",
                          "stages.3.blocks.0"));
}

// The last output that is visited is the input of the model's pooling.
TEST(VisitBlocks, EndsWithTheModelsFeature) {
  const at::NoGradGuard no_grad;
  for (const model::Config& config : {ProfiledVit(), ProfiledConvNext()}) {
    const auto model = nn::HashedModel(config);
    const auto images = model::HashedNormalTensor("x", {2, 3, kSide, kSide});
    at::Tensor last;
    size_t count = 0;
    model.module->visit_blocks(images, [&](const at::Tensor& x) {
      last = x.clone();
      ++count;
    });
    EXPECT_EQ(count, BlockNames(config).size());
    const auto feature = model.forward_outputs(images, {}).feature;
    const bool vit = last.dim() == 3;
    EXPECT_TRUE(
        at::allclose(vit ? last.select(1, 0) : last.mean({1, 2}), feature));
  }
}

TEST(ProfileOf, IsTheSameForAnyBatchSize) {
  for (const model::Config& config : {ProfiledVit(), ProfiledConvNext()}) {
    const auto model = nn::HashedModel(config);
    const auto three = Profile(model, 3);
    const auto seven = Profile(model, 7);
    ASSERT_EQ(three.size(), seven.size());
    for (size_t i = 0; i < three.size(); ++i) {
      EXPECT_EQ(three[i].block, seven[i].block);
      EXPECT_EQ(three[i].features.size(0), 7);
      EXPECT_TRUE(
          at::allclose(three[i].features, seven[i].features, 1e-4, 1e-5));
      EXPECT_NEAR(three[i].rms / seven[i].rms, 1, 1e-5);
    }
  }
}

TEST(ProfileOf, AveragesOverPatchesAndTakesTheRmsOverAllTokens) {
  const at::NoGradGuard no_grad;
  const auto set = ProfiledImages();
  const auto model = nn::HashedModel(ProfiledVit());
  train::Uploader uploader(c10::kCPU, {});
  data::Loader loader(set, train::MakeEvalTransform({.img_size = kSide}),
                      data::EvalBatches(7, 7),
                      {.img_size = kSide, .batch_size = 7, .workers = 0});
  const auto images = uploader.Upload(*loader.Next(), kSide).images;
  const auto profile = Profile(model, 7);
  size_t i = 0;
  model.module->visit_blocks(images, [&](const at::Tensor& x) {
    const auto patches = x.slice(1, 1);  // all but the class token
    EXPECT_TRUE(at::allclose(profile[i].features, patches.mean(1)));
    EXPECT_NEAR(profile[i].rms, std::sqrt(x.square().mean().item<double>()),
                1e-5);
    ++i;
  });
  EXPECT_EQ(i, 3);
}

}  // namespace
}  // namespace wsel::analyze
