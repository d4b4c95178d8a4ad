// Torch-free.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "wsel/model/layout.h"

namespace wsel::model {

// One dimension of a tensor: its size and what its positions stand for.
struct Dim {
  int64_t size = 0;
  Axis axis;
};

inline Dim Fixed(int64_t size) { return {size, {Role::kFixed}}; }
inline Dim Classes(int64_t size) { return {size, {Role::kClasses}}; }

// Collects a model's tensors in the order of timm's state_dict. Within
// BeginBlock and EndBlock names are the block's own ("attn.qkv.weight").
class LayoutBuilder {
 public:
  // `prefix` has "{}" for the block's number: "stages.2.blocks.{}."
  void BeginBlock(std::string prefix, int stage, int block) {
    prefix_ = std::move(prefix);
    stage_ = stage;
    block_ = block;
  }
  void EndBlock() { BeginBlock("", -1, -1); }

  void Add(Component component, const std::string& name,
           const std::vector<Dim>& dims) {
    ModelTensor tensor;
    tensor.component = component;
    tensor.key = prefix_ + name;
    tensor.stage = stage_;
    tensor.block = block_;
    tensor.spec.name =
        block_ < 0 ? name : fmt::format(fmt::runtime(tensor.key), block_);
    for (const Dim& dim : dims) {
      tensor.spec.shape.push_back(dim.size);
      tensor.axes.push_back(dim.axis);
    }
    tensors_.push_back(std::move(tensor));
  }

  // A layer's weight and, along the weight's first dimension, its bias.
  void AddLayer(Component component, const std::string& name,
                const std::vector<Dim>& weight, bool bias = true) {
    Add(component, name + ".weight", weight);
    if (bias) Add(component, name + ".bias", {weight.front()});
  }

  std::vector<ModelTensor> Take() { return std::move(tensors_); }

 private:
  std::string prefix_;
  int stage_ = -1;
  int block_ = -1;
  std::vector<ModelTensor> tensors_;
};

std::vector<ModelTensor> VitLayout(const VitConfig& config);
std::vector<ModelTensor> ConvNextLayout(const ConvNextConfig& config);

}  // namespace wsel::model
