#include "wsel/onnx/run_graph.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <string_view>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::onnx {
namespace {

// A node and its inputs.
struct Call {
  const Node& node;
  std::vector<at::Tensor> inputs;

  const at::Tensor& x() const { return inputs[0]; }

  template <typename T>
  const T* Find(std::string_view name) const {
    for (const Attribute& attribute : node.attributes) {
      if (attribute.name == name) return &std::get<T>(attribute.value);
    }
    return nullptr;
  }
  int64_t Integer(std::string_view name) const { return *Find<int64_t>(name); }
  const std::vector<int64_t>& List(std::string_view name) const {
    return *Find<std::vector<int64_t>>(name);
  }
  // An input of integers.
  std::vector<int64_t> ListAt(size_t i) const {
    const auto flat = inputs[i].flatten();
    return {flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel()};
  }
};

at::Tensor Conv(const Call& c) {
  const at::Tensor bias = c.inputs.size() > 2 ? c.inputs[2] : at::Tensor();
  return at::conv2d(c.x(), c.inputs[1], bias, c.List("strides"),
                    at::IntArrayRef(c.List("pads")).slice(0, 2),
                    c.List("dilations"), c.Integer("group"));
}

// Begins of all dimensions, then ends -> torch's pairs, the last one first.
at::Tensor Pad(const Call& c) {
  const auto pads = c.ListAt(1);
  std::vector<int64_t> pairs;
  for (size_t dim = pads.size() / 2; dim-- > 0;) {
    pairs.push_back(pads[dim]);
    pairs.push_back(pads[pads.size() / 2 + dim]);
  }
  return at::constant_pad_nd(c.x(), pairs);
}

at::Tensor Reshape(const Call& c) {
  auto shape = c.ListAt(1);
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0) shape[i] = c.x().size(static_cast<int64_t>(i));
  }
  return c.x().reshape(shape);
}

at::Tensor Slice(const Call& c) {
  return c.x().slice(c.ListAt(3)[0], c.ListAt(1)[0], c.ListAt(2)[0]);
}

at::Tensor Reduce(const Call& c) {
  const auto axes = c.inputs.size() > 1 ? c.ListAt(1) : c.List("axes");
  const bool keep = c.Integer("keepdims") != 0;
  return c.node.op == "ReduceMean" ? c.x().mean(axes, keep)
                                   : at::norm(c.x(), 2, axes, keep);
}

// Rounds ties to even, as ONNX and at::round do.
at::Tensor Quantize(const Call& c) {
  const auto steps = at::round(c.x() / c.inputs[1]) + c.inputs[2];
  return steps.clamp(0, 255).to(at::kByte);
}

// A scale per column is one along the last dimension.
at::Tensor Dequantize(const Call& c) {
  return (c.x().to(at::kFloat) - c.inputs[2].to(at::kFloat)) * c.inputs[1];
}

at::Tensor Cast(const Call& c) {
  constexpr int64_t kFloat16 = 10;
  return c.x().to(c.Integer("to") == kFloat16 ? at::kHalf : at::kFloat);
}

using Operator = at::Tensor (*)(const Call&);

Operator FindOperator(const std::string& name) {
  static const std::unordered_map<std::string, Operator> kOperators = {
      {"Add", [](const Call& c) { return c.x() + c.inputs[1]; }},
      {"Cast", Cast},
      {"Concat",
       [](const Call& c) { return at::cat(c.inputs, c.Integer("axis")); }},
      {"Conv", Conv},
      {"DequantizeLinear", Dequantize},
      {"Div", [](const Call& c) { return c.x() / c.inputs[1]; }},
      {"Erf", [](const Call& c) { return c.x().erf(); }},
      {"Gather",
       [](const Call& c) {
         return c.x().select(c.Integer("axis"), c.ListAt(1)[0]);
       }},
      {"Identity", [](const Call& c) { return c.x(); }},
      {"LayerNormalization",
       [](const Call& c) {
         return at::layer_norm(c.x(), c.inputs[1].sizes(), c.inputs[1],
                               c.inputs[2], *c.Find<float>("epsilon"));
       }},
      {"MatMul", [](const Call& c) { return c.x().matmul(c.inputs[1]); }},
      {"Mul", [](const Call& c) { return c.x() * c.inputs[1]; }},
      {"Pad", Pad},
      {"QuantizeLinear", Quantize},
      {"ReduceL2", Reduce},
      {"ReduceMean", Reduce},
      {"Relu", [](const Call& c) { return c.x().relu(); }},
      {"Reshape", Reshape},
      {"Sigmoid", [](const Call& c) { return c.x().sigmoid(); }},
      {"Slice", Slice},
      {"Softmax",
       [](const Call& c) { return c.x().softmax(c.Integer("axis")); }},
      {"Sqrt", [](const Call& c) { return c.x().sqrt(); }},
      {"Sub", [](const Call& c) { return c.x() - c.inputs[1]; }},
      {"Tanh", [](const Call& c) { return c.x().tanh(); }},
      {"Transpose",
       [](const Call& c) { return c.x().permute(c.List("perm")); }},
  };
  const auto found = kOperators.find(name);
  if (found != kOperators.end()) return found->second;
  throw Error(ErrorKind::kFormat, name, "is not an operator of these graphs");
}

std::vector<at::Tensor> Compute(const Call& call) {
  if (call.node.op == "Split") {
    return call.x().split_with_sizes(call.ListAt(1), call.Integer("axis"));
  }
  return {FindOperator(call.node.op)(call)};
}

}  // namespace

GraphRunner::GraphRunner(const Graph& graph) : graph_(graph) {
  for (const TensorView& constant : graph.constants) {
    constants_[constant.spec.name] = Borrow(constant);
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& input : graph.nodes[i].inputs) last_use_[input] = i;
  }
}

at::Tensor GraphRunner::Run(const at::Tensor& input, const Observer& observer) {
  const at::NoGradGuard no_grad;
  std::unordered_map<std::string, at::Tensor> values = {
      {graph_.input.name, input}};
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    Call call{node, {}};
    for (const std::string& name : node.inputs) {
      const auto constant = constants_.find(name);
      call.inputs.push_back(constant != constants_.end() ? constant->second
                                                         : values.at(name));
    }
    const auto outputs = Compute(call);
    for (size_t k = 0; k < outputs.size(); ++k) {
      if (observer) observer(node.outputs[k], outputs[k]);
      values[node.outputs[k]] = outputs[k];
    }
    for (const std::string& name : node.inputs) {
      if (last_use_.at(name) == i) values.erase(name);
    }
  }
  return values.at(graph_.output.name);
}

RangeRecorder::RangeRecorder(const Graph& graph) : runner_(graph) {
  for (const std::string& name : graph.calibrated) sums_[name] = {};
}

void RangeRecorder::Add(const std::string& name, const at::Tensor& value) {
  const auto known = sums_.find(name);
  if (known == sums_.end()) return;
  Sum& sum = known->second;
  const auto [low, high] = value.aminmax();  // NaN if one value is
  Range& range = ranges_[name];
  const bool first = sum.count == 0;
  const float lowest = low.item<float>();
  const float highest = high.item<float>();
  // A NaN stays: nothing is below or above it.
  if (first || std::isnan(lowest) || lowest < range.low) range.low = lowest;
  if (first || std::isnan(highest) || highest > range.high) {
    range.high = highest;
  }
  sum.squares += value.to(at::kDouble).square().sum().item<double>();
  sum.count += value.numel();
  range.mean_square = sum.squares / static_cast<double>(sum.count);
}

at::Tensor RangeRecorder::Run(const at::Tensor& images) {
  return runner_.Run(images,
                     [&](const std::string& name, const at::Tensor& value) {
                       Add(name, value);
                     });
}

}  // namespace wsel::onnx
