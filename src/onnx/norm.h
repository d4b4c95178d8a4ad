// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "graph_builder.h"
#include "wsel/model/vit_config.h"

namespace wsel::onnx {

// Norms over the last dimension, with the parameters `name`.weight and, of
// LayerNorm, `name`.bias. Those without a bias are made of other operators,
// since RMSNormalization came with opset 23; in float32 in a float16 graph too,
// as LayerNormalization computes: a sum of squares exceeds 65504.

// x / sqrt(mean(x^2) + eps) (Zhang & Sennrich 2019).
std::string AddRmsNorm(GraphBuilder& graph, const std::string& name,
                       const std::string& x, double eps);

// timm's SimpleNorm: x by the standard deviation of a sample of `width`
// channels; their mean is not subtracted.
std::string AddSimpleNorm(GraphBuilder& graph, const std::string& name,
                          const std::string& x, double eps, int64_t width);

// The norm of a ViT.
std::string AddNorm(GraphBuilder& graph, model::Norm kind,
                    const std::string& name, const std::string& x, double eps);

}  // namespace wsel::onnx
