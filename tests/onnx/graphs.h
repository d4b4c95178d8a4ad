// Torch-free.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "model/parameter_source.h"
#include "wsel/onnx/graph.h"

namespace wsel::onnx {

// Of a model with hashed parameters.
inline Graph GraphOf(const model::Config& config,
                     const GraphOptions& options = {}) {
  return BuildGraph(config, model::ParameterSource(config), options);
}

// All of a value's consumers come after its node, and names are unique.
inline void ExpectWellFormed(const Graph& graph) {
  std::set<std::string> values = {graph.input.name};
  for (const TensorView& constant : graph.constants) {
    EXPECT_TRUE(values.insert(constant.spec.name).second) << constant.spec.name;
    EXPECT_TRUE(constant.IsContiguous()) << constant.spec.name;
    EXPECT_EQ(constant.bytes.size(), ByteCount(constant.spec))
        << constant.spec.name;
  }
  std::set<std::string> nodes;
  for (const Node& node : graph.nodes) {
    EXPECT_TRUE(nodes.insert(node.name).second) << node.name;
    for (const std::string& input : node.inputs) {
      EXPECT_TRUE(values.contains(input)) << node.name << " <- " << input;
    }
    for (const std::string& output : node.outputs) {
      EXPECT_TRUE(values.insert(output).second) << output;
    }
  }
  EXPECT_TRUE(values.contains(graph.output.name));
  const std::set<std::string> calibrated(graph.calibrated.begin(),
                                         graph.calibrated.end());
  EXPECT_EQ(calibrated.size(), graph.calibrated.size()) << "each once";
}

inline int64_t Count(const Graph& graph, const std::string& op) {
  return std::ranges::count(graph.nodes, op, &Node::op);
}

inline const TensorView* FindConstant(const Graph& graph,
                                      const std::string& name) {
  for (const TensorView& constant : graph.constants) {
    if (constant.spec.name == name) return &constant;
  }
  return nullptr;
}

// The same for every value.
inline Ranges RangesOf(const Graph& graph, const Range& range) {
  Ranges ranges;
  for (const std::string& name : graph.calibrated) ranges[name] = range;
  return ranges;
}

inline constexpr Range kUnit = {-1, 1, 0.3};

}  // namespace wsel::onnx
