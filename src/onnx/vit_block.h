// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "graph_builder.h"
#include "wsel/model/vit_config.h"

namespace wsel::onnx {

// Block number `block`, tokens [B, N, D] -> [B, N, D].
std::string AddBlock(const model::VitConfig& config, GraphBuilder& graph,
                     int64_t block, const std::string& x);

// Its MLP `name`, in the forms of VitConfig, over the last dimension.
std::string AddMlp(const model::VitConfig& config, GraphBuilder& graph,
                   const std::string& name, const std::string& x);

}  // namespace wsel::onnx
