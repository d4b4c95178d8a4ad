// What is particular to the forms of a ViT in their graphs. That they compute
// the model: run_graph_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <variant>

#include "model/golden_configs.h"
#include "onnx/graphs.h"
#include "onnx/own_tensor.h"
#include "onnx/small_configs.h"
#include "wsel/model/diff_attn.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::onnx {
namespace {

using model::VitConfig;
using Forms = std::vector<std::pair<std::string, VitConfig>>;

// Those with a classifier.
Forms GoldenVits() {
  Forms forms;
  for (const auto& [name, config] : model::GoldenConfigs()) {
    const auto* vit = std::get_if<VitConfig>(&config);
    if (vit != nullptr && vit->num_classes > 0) forms.emplace_back(name, *vit);
  }
  EXPECT_GE(forms.size(), 36U);
  return forms;
}

std::vector<float> ConstantOf(const Graph& graph, const std::string& name) {
  const TensorView* found = FindConstant(graph, name);
  EXPECT_NE(found, nullptr) << name;
  return found == nullptr ? std::vector<float>() : ElementsOf<float>(*found);
}

TEST(VitGraph, IsWellFormedForEveryForm) {
  for (const auto& [name, config] : GoldenVits()) {
    SCOPED_TRACE(name);
    const Graph graph = GraphOf(config);
    ExpectWellFormed(graph);
    EXPECT_EQ(graph.input.shape, (Shape{config.in_chans, config.img_size.height,
                                        config.img_size.width}));
    EXPECT_EQ(graph.output.shape, Shape{5});
    for (const char* op : {"Shape", "Expand", "Where", "If", "Loop"}) {
      EXPECT_EQ(Count(graph, op), 0) << op;
    }
    ExpectWellFormed(GraphOf(config, {.opset = 21, .dtype = DType::kF16}));
    ExpectWellFormed(GraphOf(config, {.ranges = RangesOf(graph, kUnit)}));
  }
}

// All but what makes attention pooling's query, which is a constant.
bool IsInGraph(const std::string& parameter) {
  return parameter != "attn_pool.q.weight";
}

TEST(VitGraph, Int8RoundsTheLinearLayersOfEveryForm) {
  for (const auto& [name, config] : GoldenVits()) {
    SCOPED_TRACE(name);
    const Graph exact = GraphOf(config);
    const Graph graph = GraphOf(config, {.ranges = RangesOf(exact, kUnit)});
    int64_t layers = 0;
    for (const auto& parameter : model::ParameterSpecs(config)) {
      const std::string& weight = parameter.spec.name;
      if (parameter.spec.shape.size() != 2 || !IsInGraph(weight)) continue;
      const TensorView* found = FindConstant(graph, weight);
      ASSERT_NE(found, nullptr) << weight;
      EXPECT_EQ(found->spec.dtype, DType::kI8) << weight;
      ++layers;
    }
    // Layers may share their input.
    EXPECT_EQ(Count(graph, "QuantizeLinear"),
              static_cast<int64_t>(exact.calibrated.size()));
    EXPECT_EQ(Count(graph, "DequantizeLinear"),
              layers + Count(graph, "QuantizeLinear"));
  }
}

TEST(VitGraph, GatedLayersShareTheirInput) {
  auto config = SmallVit();
  config.mlp = model::MlpForm::kSwiGlu;
  config.qkv = model::Qkv::kSeparate;
  const Graph exact = GraphOf(config);
  const Graph graph = GraphOf(config, {.ranges = RangesOf(exact, kUnit)});
  // norm1, merged heads, norm2, gated channels; the head's.
  EXPECT_EQ(Count(graph, "QuantizeLinear"), 2 * 4 + 1);
  // And of q, k, v, proj, fc1_g, fc1_x, fc2.
  EXPECT_EQ(Count(graph, "DequantizeLinear"), 2 * (4 + 7) + 2);
  EXPECT_THAT(exact.calibrated, testing::Contains("blocks.1.mlp/gated"));
}

// Two in each block, and the final one.
TEST(VitGraph, HalfComputesRmsNormInFloat32) {
  auto config = SmallVit();
  config.norm = model::Norm::kRmsNorm;
  const Graph graph = GraphOf(config, {.dtype = DType::kF16});
  EXPECT_EQ(Count(graph, "LayerNormalization"), 0);
  EXPECT_EQ(Count(graph, "Sqrt"), 5);
  EXPECT_EQ(Count(graph, "Cast"), 2 + 2 * 5);
  EXPECT_EQ(FindConstant(graph, "norm.weight")->spec.dtype, DType::kF16);
}

// 16 patches after the class token; heads of 8 channels, so 4 pairs: 2 of the
// row's frequencies and 2 of the column's.
TEST(VitGraph, RotationsAreConstantsOfTheTokens) {
  auto config = SmallVit();
  config.rope = model::Rope::kAxial;
  const Graph graph = GraphOf(config);
  EXPECT_EQ(FindConstant(graph, "rope.cos")->spec.shape, (Shape{17, 4}));
  const auto cos = ConstantOf(graph, "rope.cos");
  const auto sin = ConstantOf(graph, "rope.sin");
  ASSERT_EQ(cos.size(), 17U * 4U);
  ASSERT_EQ(sin.size(), 17U * 4U);
  for (size_t pair = 0; pair < 4; ++pair) {
    EXPECT_EQ(cos[pair], 1) << "of the class token";
    EXPECT_EQ(sin[pair], 0);
  }
  const size_t patch = size_t{4} * (1 + 2 * 4 + 3);  // row 2, column 3
  const double angles[] = {2, 2 / 100., 3, 3 / 100.};
  for (size_t pair = 0; pair < 4; ++pair) {
    EXPECT_NEAR(cos[patch + pair], std::cos(angles[pair]), 1e-6);
    EXPECT_NEAR(sin[patch + pair], std::sin(angles[pair]), 1e-6);
  }
}

TEST(VitGraph, LearntRotationsAreConstantsOfEachBlockAndHead) {
  auto config = SmallVit();
  config.rope = model::Rope::kMixed;
  const Graph graph = GraphOf(config);
  for (const char* name : {"rope.cos.0", "rope.sin.0", "rope.cos.1"}) {
    ASSERT_NE(FindConstant(graph, name), nullptr) << name;
    EXPECT_EQ(FindConstant(graph, name)->spec.shape, (Shape{3, 17, 4}));
  }
  EXPECT_NE(ConstantOf(graph, "rope.cos.0"), ConstantOf(graph, "rope.cos.1"));
  EXPECT_EQ(FindConstant(graph, "rope.freqs"), nullptr);
}

TEST(VitGraph, LambdaIsAConstant) {
  auto config = SmallVit();
  config.diff_attn = true;
  const model::Config differential = config;
  const model::ParameterSource weights(differential);
  const auto product = [&](const std::string& number) {
    const auto of = [&](const char* part) {
      return ElementsOf<float>(
          weights.View("blocks.1.attn.lambda_" + (part + number)));
    };
    const auto q = of("q");
    const auto k = of("k");
    double sum = 0;
    for (size_t i = 0; i < q.size(); ++i) sum += q[i] * k[i];
    return sum;
  };
  const Graph graph = GraphOf(config);
  const auto lambda = ConstantOf(graph, "blocks.1.attn/lambda");
  ASSERT_EQ(lambda.size(), 1U);
  const double expected =
      std::exp(product("1")) - std::exp(product("2")) + model::LambdaInit(1);
  EXPECT_NEAR(lambda[0], expected, 1e-5 * (1 + std::exp(product("1"))));
  EXPECT_EQ(FindConstant(graph, "blocks.1.attn.lambda_q1"), nullptr);
}

TEST(VitGraph, AttentionPoolingsQueryIsAConstant) {
  auto config = SmallVit();
  config.class_token = false;
  config.pooling = model::Pooling::kAttention;
  const Graph graph = GraphOf(config);
  ASSERT_NE(FindConstant(graph, "attn_pool.query"), nullptr);
  EXPECT_EQ(FindConstant(graph, "attn_pool.query")->spec.shape,
            (Shape{1, 3, 1, 8}));
  EXPECT_EQ(FindConstant(graph, "attn_pool.q.weight"), nullptr);
}

}  // namespace
}  // namespace wsel::onnx
