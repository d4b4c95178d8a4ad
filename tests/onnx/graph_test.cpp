// The structure of the graphs. That they compute the model: run_graph_test.cpp;
// that other programs read them: scripts/golden/export.py.
#include "wsel/onnx/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/parameter_source.h"
#include "onnx/graphs.h"
#include "onnx/small_configs.h"
#include "throws.h"

namespace wsel::onnx {
namespace {

using model::Config;
using model::ParameterSource;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Graph, TakesImagesOfTheModelsChannels) {
  auto vit = SmallVit();
  vit.in_chans = 1;
  EXPECT_EQ(GraphOf(vit).input.shape, (Shape{1, 32, 32}));
  const image::Normalisation grey = {
      .mean = {0.5, 0.5, 0.5}, .std = {0.25, 0.25, 0.25}, .in_chans = 1};
  const Graph graph = GraphOf(vit, {.preprocess = grey});
  ExpectWellFormed(graph);
  EXPECT_EQ(graph.input.shape, (Shape{32, 32, 1}));
  EXPECT_EQ(FindConstant(graph, "preprocess.mean")->spec.shape, (Shape{1}));
  auto convnext = SmallConvNext();
  convnext.in_chans = 5;
  EXPECT_EQ(GraphOf(convnext).input.shape, (Shape{5, 64, 64}));
}

TEST(Graph, IsWellFormedForEveryArchitecture) {
  const std::vector<Config> configs = {SmallVit(), SmallConvNext(),
                                       OverlappingConvNext(), RmsConvNext(),
                                       SmallConvNextV2()};
  for (const Config& config : configs) {
    SCOPED_TRACE(NameOf(config));
    const Graph graph = GraphOf(config);
    ExpectWellFormed(graph);
    EXPECT_EQ(graph.opset, 17);
    const auto [height, width] = ImageSize(config);
    EXPECT_EQ(graph.input.name, "images");
    EXPECT_EQ(graph.input.dtype, DType::kF32);
    EXPECT_EQ(graph.input.shape, (Shape{3, height, width}));
    EXPECT_EQ(graph.output.name, "logits");
    EXPECT_EQ(graph.output.shape, Shape{5});
    ExpectWellFormed(GraphOf(config, {.opset = 21, .dtype = DType::kF16}));
    ExpectWellFormed(GraphOf(config, {.ranges = RangesOf(graph, kUnit)}));
  }
}

TEST(Graph, HasTimmsNamesAndOneNodePerModule) {
  const Graph graph = GraphOf(SmallVit());
  EXPECT_EQ(Count(graph, "LayerNormalization"), 5);
  EXPECT_EQ(Count(graph, "Softmax"), 2);
  // qkv, proj, fc1, fc2, and two of activations, in each block; the head.
  EXPECT_EQ(Count(graph, "MatMul"), 2 * 6 + 1);
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(node.name);
  EXPECT_THAT(names, Contains("blocks.1.attn.qkv"));
  const TensorView* qkv = FindConstant(graph, "blocks.1.attn.qkv.weight");
  ASSERT_NE(qkv, nullptr);
  EXPECT_EQ(qkv->spec.shape, (Shape{24, 72})) << "[in, out]";
}

TEST(Graph, HasNoSizesThatDependOnTheBatch) {
  auto config = SmallVit();
  config.reg_tokens = 2;
  for (const auto& graph : {GraphOf(config), GraphOf(SmallConvNext())}) {
    for (const char* op : {"Shape", "Expand", "Where", "If", "Loop"}) {
      EXPECT_EQ(Count(graph, op), 0) << op;
    }
  }
}

TEST(Graph, AxesOfReductionsAreAttributesBelowOpset18) {
  for (const int64_t opset : {17, 18, 21}) {
    const Graph graph = GraphOf(SmallConvNextV2(), {.opset = opset});
    for (const Node& node : graph.nodes) {
      if (node.op != "ReduceMean" && node.op != "ReduceL2") continue;
      EXPECT_EQ(node.inputs.size(), opset < 18 ? 1U : 2U) << node.name;
      EXPECT_EQ(node.attributes.size(), opset < 18 ? 2U : 1U) << node.name;
    }
  }
}

TEST(Graph, PreprocessTakesPixels) {
  const Graph graph =
      GraphOf(SmallVit(), {.preprocess = image::Normalisation()});
  ExpectWellFormed(graph);
  EXPECT_EQ(graph.input.dtype, DType::kU8);
  EXPECT_EQ(graph.input.shape, (Shape{32, 32, 3}));
  EXPECT_EQ(graph.nodes[0].op, "Cast");
}

TEST(Graph, HalfKeepsInputLogitsAndGrnNormsInFloat32) {
  const Graph graph = GraphOf(SmallConvNextV2(), {.dtype = DType::kF16});
  EXPECT_EQ(graph.input.dtype, DType::kF32);
  EXPECT_EQ(graph.output.dtype, DType::kF32);
  EXPECT_EQ(FindConstant(graph, "head.fc.weight")->spec.dtype, DType::kF16);
  // Input, logits, and to float32 and back in each of six blocks.
  EXPECT_EQ(Count(graph, "Cast"), 2 + 2 * 6);
}

// Stem, three downsamplings, six blocks, head.
TEST(Graph, HalfComputesNormsWithoutBiasInFloat32) {
  for (const auto& config : {RmsConvNext(), OverlappingConvNext()}) {
    const Graph graph = GraphOf(config, {.dtype = DType::kF16});
    EXPECT_EQ(Count(graph, "Cast"), 2 + 2 * 11) << config.name;
    EXPECT_EQ(Count(graph, "Sqrt"), 11) << config.name;
    EXPECT_EQ(Count(graph, "LayerNormalization"), 0) << config.name;
  }
}

TEST(Graph, HasTheConvNextsStemKernelsAndHead) {
  const auto names_of = [](const Graph& graph, const std::string& op) {
    std::vector<std::string> names;
    for (const Node& node : graph.nodes) {
      if (node.op == op) names.push_back(node.name);
    }
    return names;
  };
  const Graph overlapping = GraphOf(OverlappingConvNext());
  EXPECT_THAT(names_of(overlapping, "Conv"),
              AllOf(Contains("stem.0"), Contains("stem.2")));
  EXPECT_EQ(FindConstant(overlapping, "stem.2.weight")->spec.shape,
            (Shape{8, 8, 3, 3}));
  EXPECT_THAT(names_of(overlapping, "Sigmoid"), Contains("stem.1/gate"));
  const Graph rms = GraphOf(RmsConvNext());
  EXPECT_EQ(FindConstant(rms, "stages.3.blocks.0.conv_dw.weight")->spec.shape,
            (Shape{20, 1, 3, 3}));
  EXPECT_EQ(FindConstant(rms, "head.pre_logits.fc.weight")->spec.shape,
            (Shape{20, 14}));
  EXPECT_THAT(names_of(rms, "Erf"), ElementsAre("head.pre_logits/act/erf"));
  EXPECT_EQ(Count(rms, "Tanh"), 6);
}

TEST(Graph, Int8RoundsLinearLayersAndTheirInputs) {
  const Graph exact = GraphOf(SmallVit());
  EXPECT_THAT(exact.float_layers, IsEmpty());
  const Graph graph = GraphOf(SmallVit(), {.ranges = RangesOf(exact, kUnit)});
  constexpr int64_t kLayers = 2 * 4 + 1;
  EXPECT_EQ(Count(graph, "QuantizeLinear"), kLayers);
  EXPECT_EQ(Count(graph, "DequantizeLinear"), 2 * kLayers);
  EXPECT_EQ(FindConstant(graph, "head.weight")->spec.dtype, DType::kI8);
  EXPECT_EQ(FindConstant(graph, "head.weight.scale")->spec.shape, Shape{5});
  EXPECT_EQ(FindConstant(graph, "patch_embed.proj.weight")->spec.dtype,
            DType::kF32);
  EXPECT_THAT(graph.float_layers, IsEmpty());
}

// A few huge values would leave no steps for the others.
TEST(Graph, LayersWithOutliersStayFloat) {
  Ranges ranges = RangesOf(GraphOf(SmallVit()), kUnit);
  ranges.at("blocks.1.mlp/act") = {-0.17F, 216, 0.9};
  const Graph graph = GraphOf(SmallVit(), {.ranges = ranges});
  EXPECT_THAT(graph.float_layers, ElementsAre("blocks.1.mlp.fc2"));
  EXPECT_EQ(FindConstant(graph, "blocks.1.mlp.fc2.weight")->spec.dtype,
            DType::kF32);
}

// Noise of 0.4 % and 0.2 % of the input's power; the bound is 0.3 %.
TEST(Graph, TheBoundOfRoundingNoiseIsAThirdOfAPercent) {
  const auto float_layers = [](double noise) {
    Ranges ranges = RangesOf(GraphOf(SmallVit()), kUnit);
    // 255 steps of 1.
    ranges.at("pool") = {0, 255, 1 / (12 * noise)};
    return GraphOf(SmallVit(), {.ranges = ranges}).float_layers;
  };
  EXPECT_THAT(float_layers(0.004), ElementsAre("head"));
  EXPECT_THAT(float_layers(0.002), IsEmpty());
}

// ncnn's converter knows Pad only with its mode.
TEST(Graph, PadsWithItsModeStated) {
  const Graph graph = GraphOf(SmallVit());
  for (const Node& node : graph.nodes) {
    if (node.op != "Pad") continue;
    ASSERT_EQ(node.attributes.size(), 1U);
    EXPECT_EQ(node.attributes[0].name, "mode");
    EXPECT_EQ(std::get<std::string>(node.attributes[0].value), "constant");
  }
  EXPECT_EQ(Count(graph, "Pad"), 1);
}

TEST(Graph, RejectsOptionsOutOfRange) {
  for (const int64_t opset : {16, 22, -1}) {
    ExpectError([&] { GraphOf(SmallVit(), {.opset = opset}); },
                ErrorKind::kUsage, {"opset", "17 to 21"});
  }
  ExpectError([] { GraphOf(SmallVit(), {.dtype = DType::kBF16}); },
              ErrorKind::kUsage, {"dtype", "bfloat16"});
  ExpectError(
      [] { GraphOf(SmallVit(), {.dtype = DType::kF16, .ranges = Ranges()}); },
      ErrorKind::kUsage, {"dtype"});
}

TEST(Graph, HasTheActivation) {
  auto config = SmallVit();
  config.activation = model::Activation::kRelu;
  EXPECT_EQ(Count(GraphOf(config), "Relu"), config.depth);
}

TEST(Graph, RejectsAModelWithoutAClassifier) {
  auto config = SmallVit();
  config.num_classes = 0;
  ExpectError([&] { GraphOf(config); }, ErrorKind::kMismatch,
              {"small_vit", "has no classifier"});
}

TEST(Graph, NamesTheWeightThatDoesNotFit) {
  const Config config = SmallVit();
  ParameterSource huge(config);
  huge.Replace("blocks.0.mlp.fc1.weight", 1e6F);
  ExpectError([&] { BuildGraph(config, huge, {.dtype = DType::kF16}); },
              ErrorKind::kMismatch, {"blocks.0.mlp.fc1.weight"});
  auto wider = SmallVit();
  wider.num_classes = 7;
  const ParameterSource other{Config(wider)};
  ExpectError([&] { BuildGraph(config, other, {}); }, ErrorKind::kMismatch,
              {"head.weight", "[5, 24]"});
}

TEST(Graph, Int8NeedsFiniteWeightsAndActivations) {
  const Config config = SmallVit();
  const Graph exact = GraphOf(config);
  ParameterSource nan(config);
  nan.Replace("head.weight", std::nanf(""));
  ExpectError(
      [&] { BuildGraph(config, nan, {.ranges = RangesOf(exact, kUnit)}); },
      ErrorKind::kMismatch, {"head.weight", "NaN"});
  Ranges ranges = RangesOf(exact, kUnit);
  ranges.at("pool").high = std::numeric_limits<float>::infinity();
  ExpectError([&] { GraphOf(config, {.ranges = ranges}); },
              ErrorKind::kMismatch, {"pool", "infinite"});
}

}  // namespace
}  // namespace wsel::onnx
