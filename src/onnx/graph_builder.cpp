#include "graph_builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "own_tensor.h"
#include "quantize.h"
#include "wsel/core/error.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/tensor/cast.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::onnx {
namespace {

// The opset that made the axes of reductions an input.
constexpr int64_t kAxesAreInputs = 18;

// Of a rounded activation, see RoundingNoise. With 0.01 timm's ViT-Ti (AugReg)
// lost 3 of the 173 images of 201 that it classifies correctly, DeiT-Ti none.
// Its layers of outliers have 0.07 and 0.005, others less than 0.003.
constexpr double kMaxNoise = 0.003;

// TensorProto.DataType of a Cast.
int64_t CastTarget(DType dtype) { return dtype == DType::kF16 ? 10 : 1; }

}  // namespace

GraphBuilder::GraphBuilder(const model::Config& config,
                           const TensorSource& weights,
                           const GraphOptions& options)
    : weights_(weights), options_(options) {
  for (const auto& parameter : ParameterSpecs(config)) {
    shapes_[parameter.spec.name] = parameter.spec.shape;
  }
  graph_.name = NameOf(config);
  graph_.opset = options.opset;
}

std::string GraphBuilder::Op(std::string_view op, const std::string& name,
                             std::vector<std::string> inputs,
                             std::vector<Attribute> attributes) {
  graph_.nodes.push_back({std::string(op),
                          name,
                          std::move(inputs),
                          {name},
                          std::move(attributes)});
  return name;
}

void GraphBuilder::AddConstant(const TensorView& view) {
  if (!known_.insert(view.spec.name).second) return;
  graph_.constants.push_back(view);
}

std::string GraphBuilder::Constant(const std::string& name, const Shape& shape,
                                   std::vector<float> values) {
  AddConstant(Cast(OwnTensor(name, shape, DType::kF32, std::move(values)),
                   options_.dtype));
  return name;
}

std::string GraphBuilder::Scalar(double value) {
  const auto rounded = static_cast<float>(value);
  return Constant(fmt::format("scalar.{}", rounded), {}, {rounded});
}

std::string GraphBuilder::ExactScalar(float value) {
  std::string name = fmt::format("float.{}", value);
  AddConstant(OwnTensor<float>(name, {}, DType::kF32, {value}));
  return name;
}

std::string GraphBuilder::Integer(int64_t value) {
  std::string name = fmt::format("integer.{}", value);
  AddConstant(OwnTensor<int64_t>(name, {}, DType::kI64, {value}));
  return name;
}

std::string GraphBuilder::Integers(const std::vector<int64_t>& values) {
  std::string name = fmt::format("integers.{}", fmt::join(values, "_"));
  const Shape shape = {static_cast<int64_t>(values.size())};
  AddConstant(OwnTensor(name, shape, DType::kI64, values));
  return name;
}

TensorView GraphBuilder::Weight(const std::string& name) const {
  const Shape& shape = shapes_.at(name);
  const TensorSpec* found = weights_.Find(name);
  if (found == nullptr || Numel(found->shape) != Numel(shape)) {
    throw Error(ErrorKind::kMismatch, name,
                "is missing or has another shape; the model needs {}",
                FormatShape(shape));
  }
  return wsel::Reshape(Contiguous(Cast(weights_.View(name), DType::kF32)),
                       shape);
}

std::string GraphBuilder::Parameter(const std::string& name) {
  TensorView view = Weight(name);
  view.spec.name = name;
  AddConstant(Cast(view, options_.dtype));
  return name;
}

std::string GraphBuilder::CastTo(DType dtype, const std::string& name,
                                 const std::string& x) {
  return Op("Cast", name, {x}, {{"to", CastTarget(dtype)}});
}

std::string GraphBuilder::ToFloat(const std::string& name,
                                  const std::string& x) {
  return is_half() ? CastTo(DType::kF32, name, x) : x;
}

std::string GraphBuilder::FromFloat(const std::string& name,
                                    const std::string& x) {
  return is_half() ? CastTo(DType::kF16, name, x) : x;
}

std::string GraphBuilder::Input(const HeightWidth& size, int64_t in_chans) {
  std::string x = "images";
  graph_.input = {x, DType::kF32, {in_chans, size.height, size.width}};
  if (options_.preprocess) {
    graph_.input = {x, DType::kU8, {size.height, size.width, in_chans}};
    // As the trainer does it, from values of 0 to 255, in float32.
    std::vector<float> mean;
    std::vector<float> scale;
    for (size_t i = 0; i < static_cast<size_t>(in_chans); ++i) {
      mean.push_back(static_cast<float>(255 * options_.preprocess->mean.at(i)));
      scale.push_back(
          static_cast<float>(1 / (255 * options_.preprocess->std.at(i))));
    }
    AddConstant(OwnTensor("preprocess.mean", {in_chans}, DType::kF32, mean));
    AddConstant(OwnTensor("preprocess.scale", {in_chans}, DType::kF32, scale));
    x = CastTo(DType::kF32, "preprocess/float", x);
    x = Op("Sub", "preprocess/centred", {x, "preprocess.mean"});
    x = Op("Mul", "preprocess/normalised", {x, "preprocess.scale"});
    x = Transpose("preprocess", x, {0, 3, 1, 2});
  }
  return is_half() ? CastTo(DType::kF16, "images/half", x) : x;
}

void GraphBuilder::Output(const std::string& value, int64_t count) {
  graph_.output = {"logits", DType::kF32, {count}};
  if (is_half()) {
    CastTo(DType::kF32, "logits", value);
  } else {
    Op("Identity", "logits", {value});
  }
}

const Range& GraphBuilder::RangeOf(const std::string& x) const {
  const auto range = options_.ranges->find(x);
  if (range != options_.ranges->end() && std::isfinite(range->second.low) &&
      std::isfinite(range->second.high)) {
    return range->second;
  }
  throw Error(ErrorKind::kMismatch, x,
              "is NaN or infinite for a calibration image, so that it has no "
              "int8 scale: the weights are corrupt or diverged");
}

std::string GraphBuilder::QuantizedInput(const std::string& x) {
  std::string rounded = x + "/rounded";
  if (!known_.insert(rounded).second) return rounded;
  const ActivationScale scale = ScaleOf(RangeOf(x));
  AddConstant(OwnTensor<float>(x + ".scale", {}, DType::kF32, {scale.scale}));
  AddConstant(OwnTensor<uint8_t>(x + ".zero", {}, DType::kU8, {scale.zero}));
  Op("QuantizeLinear", x + "/integers", {x, x + ".scale", x + ".zero"});
  return Op("DequantizeLinear", rounded,
            {x + "/integers", x + ".scale", x + ".zero"});
}

std::string GraphBuilder::QuantizedMatrix(const std::string& name,
                                          const TensorView& view) {
  const auto matrix = QuantizeColumns(view);
  for (const TensorView* part :
       {&matrix.integers, &matrix.scales, &matrix.zeros}) {
    AddConstant(*part);
  }
  return Op("DequantizeLinear", name + "/rounded",
            {name, name + ".scale", name + ".zero"}, {{"axis", int64_t{1}}});
}

std::string GraphBuilder::Linear(const std::string& name,
                                 const std::string& x) {
  const std::string weight = name + ".weight";
  // [out, in] or [out, in, 1, 1] -> [in, out], as MatMul takes it.
  TensorView matrix = Weight(weight);
  const Shape shape = matrix.spec.shape;
  matrix = wsel::Reshape(matrix, {shape[0], shape[1]});
  matrix = Contiguous(Permute(matrix, {1, 0}));
  matrix.spec.name = weight;
  // Several layers may read one value, such as q_proj, k_proj and v_proj.
  auto& calibrated = graph_.calibrated;
  if (std::ranges::find(calibrated, x) == calibrated.end()) {
    calibrated.push_back(x);
  }
  std::vector<std::string> factors;
  if (options_.ranges && RoundingNoise(RangeOf(x)) <= kMaxNoise) {
    factors = {QuantizedInput(x), QuantizedMatrix(weight, matrix)};
  } else {
    if (options_.ranges) graph_.float_layers.push_back(name);
    AddConstant(Cast(matrix, options_.dtype));
    factors = {x, weight};
  }
  const std::string bias = name + ".bias";
  if (!Has(bias)) return Op("MatMul", name, factors);
  return Op("Add", name,
            {Op("MatMul", name + "/product", factors), Parameter(bias)});
}

std::string GraphBuilder::Conv(const std::string& name, const std::string& x,
                               const ConvShape& shape) {
  std::vector<std::string> inputs = {x, Parameter(name + ".weight")};
  if (Has(name + ".bias")) inputs.push_back(Parameter(name + ".bias"));
  const auto twice = [](int64_t value) {
    return std::vector<int64_t>(2, value);
  };
  return Op("Conv", name, inputs,
            {{"dilations", twice(1)},
             {"group", shape.groups},
             {"kernel_shape", twice(shape.kernel)},
             {"pads", std::vector<int64_t>(4, shape.padding)},
             {"strides", twice(shape.stride)}});
}

std::string GraphBuilder::LayerNorm(const std::string& name,
                                    const std::string& x, double eps) {
  return Op("LayerNormalization", name,
            {x, Parameter(name + ".weight"), Parameter(name + ".bias")},
            {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(eps)}});
}

// x (1 + erf(x / sqrt 2)) / 2 in this form, which runtimes fuse.
std::string GraphBuilder::Gelu(const std::string& name, const std::string& x) {
  const auto scaled = Op("Div", name + "/scaled", {x, Scalar(std::sqrt(2.0))});
  const auto erf = Op("Erf", name + "/erf", {scaled});
  const auto sum = Op("Add", name + "/sum", {erf, Scalar(1)});
  const auto product = Op("Mul", name + "/product", {x, sum});
  return Op("Mul", name, {product, Scalar(0.5)});
}

// x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, with no power above the
// square, so that float16 overflows late, and then to the right limit.
std::string GraphBuilder::GeluTanh(const std::string& name,
                                   const std::string& x) {
  const auto square = Op("Mul", name + "/square", {x, x});
  const auto cubic = Op("Mul", name + "/cubic", {square, Scalar(0.044715)});
  const auto factor = Op("Add", name + "/factor", {cubic, Scalar(1)});
  const auto inner = Op("Mul", name + "/inner", {x, factor});
  const auto scaled = Op("Mul", name + "/scaled",
                         {inner, Scalar(std::sqrt(2 / std::numbers::pi))});
  const auto tanh = Op("Tanh", name + "/tanh", {scaled});
  const auto sum = Op("Add", name + "/sum", {tanh, Scalar(1)});
  const auto product = Op("Mul", name + "/product", {x, sum});
  return Op("Mul", name, {product, Scalar(0.5)});
}

std::string GraphBuilder::Gated(const std::string& name, const std::string& x,
                                const std::string& scaled) {
  return Op("Mul", name, {x, Op("Sigmoid", name + "/gate", {scaled})});
}

std::string GraphBuilder::Activation(const std::string& name,
                                     const std::string& x,
                                     model::Activation activation) {
  switch (activation) {
    case model::Activation::kGelu:
      break;
    case model::Activation::kQuickGelu:
      return Gated(name, x, Op("Mul", name + "/scaled", {x, Scalar(1.702)}));
    case model::Activation::kGeluTanh:
      return GeluTanh(name, x);
    case model::Activation::kRelu:
      return Op("Relu", name, {x});
    case model::Activation::kSilu:
      return Gated(name, x, x);
  }
  return Gelu(name, x);
}

std::string GraphBuilder::Transpose(const std::string& name,
                                    const std::string& x,
                                    const std::vector<int64_t>& order) {
  return Op("Transpose", name, {x}, {{"perm", order}});
}

std::string GraphBuilder::Reshape(const std::string& name, const std::string& x,
                                  const std::vector<int64_t>& shape) {
  std::vector<int64_t> with_batch = {0};  // as in `x`
  with_batch.insert(with_batch.end(), shape.begin(), shape.end());
  return Op("Reshape", name, {x, Integers(with_batch)});
}

void GraphBuilder::Split(const std::string& name, const std::string& x,
                         std::vector<std::string> parts,
                         const std::vector<int64_t>& sizes) {
  graph_.nodes.push_back({"Split",
                          name,
                          {x, Integers(sizes)},
                          std::move(parts),
                          {{"axis", int64_t{-1}}}});
}

std::string GraphBuilder::Reduce(std::string_view op, const std::string& name,
                                 const std::string& x,
                                 const std::vector<int64_t>& axes, bool keep) {
  const Attribute keepdims = {"keepdims", int64_t{keep ? 1 : 0}};
  if (options_.opset >= kAxesAreInputs) {
    return Op(op, name, {x, Integers(axes)}, {keepdims});
  }
  return Op(op, name, {x}, {{"axes", axes}, keepdims});
}

}  // namespace wsel::onnx
