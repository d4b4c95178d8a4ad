// The graphs compute what the models compute, whose logits are timm's
// (tests/nn/models_test.cpp).
#include "wsel/onnx/run_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>
#include <string>

#include "model/golden.h"
#include "model/parameter_source.h"
#include "nn/hashed_model.h"
#include "onnx/small_configs.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/error.h"
#include "wsel/model/config_json.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::onnx {
namespace {

using model::Config;
using model::HashedNormalTensor;
using model::ParameterSource;

double RelativeError(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).abs().max() / expected.abs().max()).item<double>();
}

at::Tensor RunGraph(const Config& config, const at::Tensor& input,
                    const GraphOptions& options = {}) {
  const ParameterSource weights(config);
  const Graph graph = BuildGraph(config, weights, options);
  return GraphRunner(graph).Run(input);
}

at::Tensor InputOf(const Config& config, int64_t count = 2) {
  const auto [height, width] = ImageSize(config);
  return HashedNormalTensor("input", {count, InChans(config), height, width});
}

// Whether a config has a form that graphs do not have, which is an error.
bool IsRefused(const Config& config) {
  try {
    CheckExportable(config, {});
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kMismatch);
    return true;
  }
  return false;
}

TEST(GraphRunner, ComputesTimmsLogitsOfEveryGoldenModel) {
  int count = 0;
  std::set<std::string> refused;
  for (const auto& file :
       std::filesystem::directory_iterator(model::GoldenFolder() / "logits")) {
    SCOPED_TRACE(file.path().filename());
    const auto golden = checkpoint::Open(file.path());
    const Config config = model::ConfigFromJson(golden->metadata().at("config"),
                                                "golden", ErrorKind::kFormat);
    if (NumClasses(config) == 0) continue;
    if (IsRefused(config)) {
      refused.insert(file.path().stem().string());
      continue;
    }
    const at::Tensor expected = Borrow(golden->View("logits"));
    for (const int64_t opset : {17, 21}) {
      const auto logits = RunGraph(config, InputOf(config), {.opset = opset});
      ASSERT_EQ(logits.sizes(), expected.sizes());
      EXPECT_LT(RelativeError(logits, expected), 1e-5);
    }
    ++count;
  }
  EXPECT_EQ(count, 31);
  EXPECT_THAT(refused,
              testing::ElementsAre(
                  "eva_01", "eva_02_clip", "eva_02_tiny", "eva_4_channels",
                  "eva_dinov3", "eva_dinov3_plus", "eva_pe_core",
                  "eva_pe_spatial", "eva_post_norm", "eva_qk_norm",
                  "eva_rope_axial", "eva_rope_mixed_ape", "eva_tall_dinov3",
                  "eva_tall_rope_mixed", "eva_wide_axial", "eva_wide_pe_core",
                  "eva_wide_rope_axial", "vit_aimv2", "vit_beit3", "vit_diff",
                  "vit_dinov2_giant", "vit_map", "vit_map_with_prefix",
                  "vit_no_final_norm", "vit_parallel", "vit_parallel_diff",
                  "vit_parallel_rmsnorm", "vit_post_norm", "vit_qk_norm"));
}

TEST(GraphRunner, TakesAnyBatch) {
  const Config config = SmallVit();
  const auto five = RunGraph(config, InputOf(config, 5));
  EXPECT_EQ(five.sizes(), at::IntArrayRef({5, 5}));
}

TEST(GraphRunner, NormalisesPixels) {
  const Config config = SmallConvNext();
  const image::Normalisation normalisation;
  const auto pixels = (InputOf(config) * 40 + 128).clamp(0, 255).to(at::kByte);
  const auto mean = at::tensor(
      std::vector<float>(normalisation.mean.begin(), normalisation.mean.end()));
  const auto std = at::tensor(
      std::vector<float>(normalisation.std.begin(), normalisation.std.end()));
  const auto images = (pixels.permute({0, 2, 3, 1}).to(at::kFloat) / 255 - mean)
                          .div(std)
                          .permute({0, 3, 1, 2});
  const auto found = RunGraph(config, pixels.permute({0, 2, 3, 1}),
                              {.preprocess = normalisation});
  EXPECT_LT(RelativeError(found, RunGraph(config, images)), 1e-5);
}

TEST(RangeRecorder, WidensRangesOverBatches) {
  const Config config = SmallVit();
  const ParameterSource weights(config);
  const Graph graph = BuildGraph(config, weights);
  const auto images = InputOf(config, 4);
  RangeRecorder whole(graph);
  const auto logits = whole.Run(images);
  EXPECT_LT(RelativeError(logits, RunGraph(config, images)), 1e-6);
  RangeRecorder parts(graph);
  parts.Run(images.slice(0, 0, 1));
  parts.Run(images.slice(0, 1, 4));
  ASSERT_EQ(whole.ranges().size(), graph.calibrated.size());
  for (const auto& [name, range] : whole.ranges()) {
    const Range& other = parts.ranges().at(name);
    EXPECT_NEAR(range.low, other.low, 1e-4) << name;
    EXPECT_NEAR(range.high, other.high, 1e-4) << name;
    EXPECT_NEAR(range.mean_square, other.mean_square, 1e-4 * range.mean_square)
        << name;
  }
}

TEST(RangeRecorder, KeepsNaN) {
  const Config config = SmallVit();
  ParameterSource weights(config);
  const Graph graph = BuildGraph(config, weights);
  RangeRecorder recorder(graph);
  auto images = InputOf(config);
  images[0][0][0][0] = std::nanf("");
  recorder.Run(images);
  recorder.Run(InputOf(config));
  EXPECT_TRUE(std::isnan(recorder.ranges().at("blocks.0.norm1").low));
}

// Small models of random weights have few channels to average errors over: the
// largest error is 0.03 to 0.08 in onnxruntime, too.
TEST(GraphRunner, Int8IsCloseToFloat) {
  const std::vector<Config> configs = {SmallVit(), SmallConvNext(),
                                       OverlappingConvNext(), RmsConvNext(),
                                       SmallConvNextV2()};
  for (const Config& config : configs) {
    SCOPED_TRACE(NameOf(config));
    const ParameterSource weights(config);
    const Graph exact = BuildGraph(config, weights);
    const auto images = InputOf(config, 8);
    RangeRecorder recorder(exact);
    const auto expected = recorder.Run(images);
    const auto rounded =
        RunGraph(config, images, {.ranges = recorder.ranges()});
    EXPECT_FALSE(rounded.equal(expected));
    EXPECT_LT(RelativeError(rounded, expected), 0.15);
  }
}

}  // namespace
}  // namespace wsel::onnx
