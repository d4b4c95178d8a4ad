// Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "wsel/image/normalisation.h"
#include "wsel/model/config.h"
#include "wsel/tensor/source.h"

namespace wsel::onnx {

// A model as a graph of ONNX's standard operators. Values have the name of the
// node that computes them, which is that of the module in timm
// ("blocks.0.attn.qkv"), or that name and a part of it ("blocks.0.attn/q").

struct Attribute {
  std::string name;
  std::variant<int64_t, float, std::vector<int64_t>, std::string> value;
};

struct Node {
  std::string op;  // "MatMul"
  std::string name;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<Attribute> attributes;
};

// The graph's input or output: [batch, shape...], with a batch of any size.
struct Port {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
};

struct Graph {
  std::string name;  // the model's
  int64_t opset = 0;
  std::vector<Node> nodes;            // each after those that it reads
  std::vector<TensorView> constants;  // contiguous; weights and shapes
  Port input;
  Port output;
  // The values that linear layers read; int8 needs their ranges.
  std::vector<std::string> calibrated;
  // With ranges: the linear layers that are left in float32.
  std::vector<std::string> float_layers;
};

// The versions of ONNX's operators that are written: 17 has LayerNormalization,
// and the operators used are unchanged up to 21.
inline constexpr int64_t kMinOpset = 17;
inline constexpr int64_t kMaxOpset = 21;

// The values of an activation over some images.
struct Range {
  float low = 0;
  float high = 0;
  double mean_square = 0;
};
using Ranges = std::map<std::string, Range>;  // by the value's name

struct GraphOptions {
  int64_t opset = kMinOpset;
  // kF32, or kF16: of weights and activations. Input and logits are float32.
  DType dtype = DType::kF32;
  // The input is uint8 [batch, height, width, in_chans] and normalised by the
  // graph; nullopt: it is float32 [batch, in_chans, height, width], normalised.
  std::optional<image::Normalisation> preprocess = {};
  // Linear layers multiply integers of 8 bits: weights with a scale per output
  // channel, activations with one for these ranges (run_graph.h). A layer stays
  // float32 if rounding its input would add noise of more than 0.3 % of the
  // input's power, as a few huge values do. nullopt: all are float.
  std::optional<Ranges> ranges = {};
};

// Errors: kUsage for options out of range ("opset", "dtype"); kMismatch for a
// model without a classifier.
void CheckExportable(const model::Config& config, const GraphOptions& options);

// The inference graph of a classifier: `input` -> logits [batch, classes].
// `weights` under timm's names, in any floating-point type; they must outlive
// the graph. Errors: as CheckExportable; kMismatch for a weight that is
// missing, has another shape, exceeds float16 or, for int8, is not finite.
Graph BuildGraph(const model::Config& config, const TensorSource& weights,
                 const GraphOptions& options = {});

}  // namespace wsel::onnx
