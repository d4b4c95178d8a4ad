// Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "wsel/onnx/graph.h"

namespace wsel::onnx {

struct ConvShape {
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t groups = 1;
};

// Adds nodes to a graph. Each function returns the name of the value that its
// last node computes, which is `name`. Sizes that depend on the batch never
// occur: Reshape copies dimension 0, so that no runtime has to compute shapes.
class GraphBuilder {
 public:
  // `weights` must outlive the builder.
  GraphBuilder(const model::Config& config, const TensorSource& weights,
               const GraphOptions& options);

  std::string Op(std::string_view op, const std::string& name,
                 std::vector<std::string> inputs,
                 std::vector<Attribute> attributes = {});

  // Constants, in the type of the activations; equal ones are one.
  std::string Scalar(double value);
  // In float32 whatever the activations' type.
  std::string ExactScalar(float value);
  // A parameter of the model.
  std::string Parameter(const std::string& name);
  // Other values of the activations' type; `name` must be unique.
  std::string Constant(const std::string& name, const Shape& shape,
                       std::vector<float> values);
  std::string Integers(const std::vector<int64_t>& values);  // [count]
  std::string Integer(int64_t value);                        // a scalar

  // The parameter as float32, in row-major order. Errors: as BuildGraph.
  TensorView Weight(const std::string& name) const;
  bool Has(const std::string& name) const { return shapes_.contains(name); }

  // The graph's input, [batch, in_chans, height, width] in the activations'
  // type.
  std::string Input(const HeightWidth& size, int64_t in_chans);
  // The graph's only output, float32 [batch, count].
  void Output(const std::string& value, int64_t count);

  // y = x W^T + b over the last dimension; int8 if there are ranges.
  std::string Linear(const std::string& name, const std::string& x);
  std::string Conv(const std::string& name, const std::string& x,
                   const ConvShape& shape);
  // Over the last dimension.
  std::string LayerNorm(const std::string& name, const std::string& x,
                        double eps);
  std::string Activation(const std::string& name, const std::string& x,
                         model::Activation activation);
  std::string Transpose(const std::string& name, const std::string& x,
                        const std::vector<int64_t>& order);
  // `shape` after the batch.
  std::string Reshape(const std::string& name, const std::string& x,
                      const std::vector<int64_t>& shape);
  // Parts along the last dimension; their sizes add up to it.
  void Split(const std::string& name, const std::string& x,
             std::vector<std::string> parts, const std::vector<int64_t>& sizes);
  // ReduceMean or ReduceL2.
  std::string Reduce(std::string_view op, const std::string& name,
                     const std::string& x, const std::vector<int64_t>& axes,
                     bool keep);
  std::string CastTo(DType dtype, const std::string& name,
                     const std::string& x);
  // To float32 and back, where the activations are float16; else x. For sums of
  // squares, which exceed its 65504.
  std::string ToFloat(const std::string& name, const std::string& x);
  std::string FromFloat(const std::string& name, const std::string& x);

  bool is_half() const { return options_.dtype == DType::kF16; }
  Graph Take() { return std::move(graph_); }

 private:
  void AddConstant(const TensorView& view);
  std::string Gelu(const std::string& name, const std::string& x);
  std::string GeluTanh(const std::string& name, const std::string& x);
  // x * sigmoid(slope x), where `scaled` is slope x.
  std::string Gated(const std::string& name, const std::string& x,
                    const std::string& scaled);
  // The range of an activation. Errors: kMismatch if it is not finite.
  const Range& RangeOf(const std::string& x) const;
  // An activation and a weight matrix [in, out], rounded to 8 bits.
  std::string QuantizedInput(const std::string& x);
  std::string QuantizedMatrix(const std::string& name, const TensorView& view);

  const TensorSource& weights_;
  const GraphOptions& options_;
  std::map<std::string, Shape> shapes_;    // of the parameters
  std::unordered_set<std::string> known_;  // constants, and rounded values
  Graph graph_;
};

}  // namespace wsel::onnx
