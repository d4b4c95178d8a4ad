// Torch-free.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "wsel/model/parameter_specs.h"

namespace wsel::model {

// One dimension of a tensor: its size and what its positions stand for.
struct Dim {
  int64_t size = 0;
  Axis axis;
};

inline Dim Fixed(int64_t size) { return {size, {Role::kFixed}}; }
inline Dim Classes(int64_t size) { return {size, {Role::kClasses}}; }

// Collects a model's parameters in the order of timm's state_dict. Between
// BeginBlock and EndBlock names are relative to the block ("attn.qkv.weight").
class ParameterSpecsBuilder {
 public:
  // `prefix` has "{}" for the block number: "stages.2.blocks.{}."
  void BeginBlock(std::string prefix, int stage, int block) {
    prefix_ = std::move(prefix);
    stage_ = stage;
    block_ = block;
  }
  void EndBlock() { BeginBlock("", -1, -1); }

  void Add(Component component, const std::string& name,
           const std::vector<Dim>& dims) {
    ParameterSpec parameter;
    parameter.component = component;
    parameter.key = prefix_ + name;
    parameter.stage = stage_;
    parameter.block = block_;
    parameter.spec.name =
        block_ < 0 ? name : fmt::format(fmt::runtime(parameter.key), block_);
    for (const Dim& dim : dims) {
      parameter.spec.shape.push_back(dim.size);
      parameter.axes.push_back(dim.axis);
    }
    parameters_.push_back(std::move(parameter));
  }

  // A layer's weight and its bias, which has the weight's first dimension.
  void AddLayer(Component component, const std::string& name,
                const std::vector<Dim>& weight, bool bias = true) {
    Add(component, name + ".weight", weight);
    if (bias) Add(component, name + ".bias", {weight.front()});
  }

  std::vector<ParameterSpec> Take() { return std::move(parameters_); }

 private:
  std::string prefix_;
  int stage_ = -1;
  int block_ = -1;
  std::vector<ParameterSpec> parameters_;
};

}  // namespace wsel::model
