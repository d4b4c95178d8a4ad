// Torch-free.
#pragma once

#include <functional>
#include <string>

#include "graph_builder.h"
#include "wsel/model/config.h"

namespace wsel::onnx {

// Between fc1 and fc2 of a block: the MLP's activation, [B, H, W, 4D].
using AddActivation =
    std::function<std::string(const std::string& mlp, const std::string& x)>;

// A ConvNeXt with `activation` in its MLPs. Returns the logits' name.
std::string AddConvNext(const model::ConvNextConfig& config,
                        GraphBuilder& graph, const std::string& images,
                        const AddActivation& activation);

}  // namespace wsel::onnx
