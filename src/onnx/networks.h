// Torch-free.
#pragma once

#include <string>

#include "graph_builder.h"
#include "wsel/model/config.h"

namespace wsel::onnx {

// The network of each architecture, as wsel::nn computes it: `images` [batch,
// in_chans, *img_size] -> logits. Returns the logits' name.
std::string AddNetwork(const model::VitConfig& config, GraphBuilder& graph,
                       const std::string& images);
std::string AddNetwork(const model::ConvNextConfig& config, GraphBuilder& graph,
                       const std::string& images);
std::string AddNetwork(const model::ConvNextV2Config& config,
                       GraphBuilder& graph, const std::string& images);

}  // namespace wsel::onnx
