// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "graph_builder.h"
#include "wsel/model/vit_config.h"

namespace wsel::onnx {

// The rotary positions of a block as constants, since images have one size: an
// angle for each pair of a head's channels, [N, head_dim / 2] for all blocks
// and heads, or [heads, N, head_dim / 2] of learnt frequencies. Those of prefix
// tokens are 0, so that they stay as they are.
struct RotationConstants {
  std::string cos, sin;  // their names; empty without rotary positions
};

// Of block number `block`.
RotationConstants AddRotation(const model::VitConfig& config,
                              GraphBuilder& graph, int64_t block);

// Queries or keys [B, N, heads, head_dim], which are named `part`, rotated and
// by head, [B, heads, N, head_dim]. Channels are in another order: first those
// that begin a pair, then the others. Products of queries and keys are the same
// in any order that both have.
std::string AddRotated(const model::VitConfig& config, GraphBuilder& graph,
                       const std::string& part, const std::string& x,
                       const RotationConstants& rotation);

}  // namespace wsel::onnx
