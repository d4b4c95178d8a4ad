#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "wsel/onnx/graph.h"

namespace wsel::onnx {

// Receives a value as a node computes it.
using Observer =
    std::function<void(const std::string& name, const at::Tensor& value)>;

// Computes graphs of BuildGraph with LibTorch's operators: for calibration, and
// to test that a graph is the model. Slower than the model's own modules.
class GraphRunner {
 public:
  // The graph must outlive this.
  explicit GraphRunner(const Graph& graph);

  // The graph's input [B, ...] -> its logits [B, classes], on the CPU.
  at::Tensor Run(const at::Tensor& input, const Observer& observer = nullptr);

 private:
  const Graph& graph_;
  std::unordered_map<std::string, at::Tensor> constants_;
  // The last node that reads a value, so that its memory is freed.
  std::unordered_map<std::string, size_t> last_use_;
};

// The ranges of graph.calibrated over batches of images.
class RangeRecorder {
 public:
  // A float32 graph without `preprocess`, which must outlive this.
  explicit RangeRecorder(const Graph& graph);

  // Images [B, C, H, W], normalised, B > 0 -> logits, on the CPU.
  at::Tensor Run(const at::Tensor& images);
  const Ranges& ranges() const { return ranges_; }

 private:
  struct Sum {
    double squares = 0;
    int64_t count = 0;
  };

  void Add(const std::string& name, const at::Tensor& value);

  GraphRunner runner_;
  Ranges ranges_;
  std::unordered_map<std::string, Sum> sums_;
};

}  // namespace wsel::onnx
