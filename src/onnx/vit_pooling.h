// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "graph_builder.h"
#include "wsel/model/vit_config.h"

namespace wsel::onnx {

// Tokens [B, N, D] after `norm` -> what the classifier reads or `fc_norm`,
// [B, D]: a token, a mean, or attention pooling.
std::string AddPooling(const model::VitConfig& config, GraphBuilder& graph,
                       const std::string& tokens);

// The token at `index`, [B, D].
std::string AddToken(GraphBuilder& graph, const std::string& name,
                     const std::string& tokens, int64_t index);

}  // namespace wsel::onnx
