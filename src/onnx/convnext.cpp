// As nn/convnext.cpp computes it. Convolutions take [B, D, H, W] as ONNX
// defines them, LayerNorms and MLPs [B, H, W, D], as in timm.
#include "convnext.h"

#include <fmt/format.h>

#include "networks.h"

namespace wsel::onnx {
namespace {

using model::ConvNextConfig;

std::string ChannelsLast(GraphBuilder& g, const std::string& name,
                         const std::string& x) {
  return g.Transpose(name, x, {0, 2, 3, 1});
}

std::string ChannelsFirst(GraphBuilder& g, const std::string& name,
                          const std::string& x) {
  return g.Transpose(name, x, {0, 3, 1, 2});
}

// Of channels-first maps.
std::string LayerNorm2d(GraphBuilder& g, const std::string& name,
                        const std::string& x, double eps) {
  const auto last = ChannelsLast(g, name + "/channels_last", x);
  const auto normed = g.LayerNorm(name, last, eps);
  return ChannelsFirst(g, name + "/channels_first", normed);
}

// [B, D, H, W] -> [B, D, H, W]
std::string Block(const ConvNextConfig& c, GraphBuilder& g,
                  const std::string& name, int64_t width,
                  const std::string& input, const AddActivation& activation) {
  auto x = g.Conv(name + "conv_dw", input,
                  {.kernel = 7, .padding = 3, .groups = width});
  x = ChannelsLast(g, name + "conv_dw/channels_last", x);
  x = g.LayerNorm(name + "norm", x, c.norm_eps);
  x = g.Linear(name + "mlp.fc1", x);
  x = g.Linear(name + "mlp.fc2", activation(name + "mlp", x));
  const std::string gamma = name + "gamma";
  if (g.Has(gamma)) x = g.Op("Mul", name + "scaled", {x, g.Parameter(gamma)});
  x = ChannelsFirst(g, name + "channels_first", x);
  return g.Op("Add", name + "sum", {input, x});
}

std::string Stage(const ConvNextConfig& c, GraphBuilder& g, size_t stage,
                  std::string x, const AddActivation& activation) {
  const std::string name = fmt::format("stages.{}.", stage);
  if (g.Has(name + "downsample.0.weight")) {
    x = LayerNorm2d(g, name + "downsample.0", x, c.norm_eps);
    x = g.Conv(name + "downsample.1", x, {.kernel = 2, .stride = 2});
  }
  for (int64_t i = 0; i < c.depths[stage]; ++i) {
    x = Block(c, g, fmt::format("{}blocks.{}.", name, i), c.dims[stage], x,
              activation);
  }
  return x;
}

}  // namespace

std::string AddConvNext(const ConvNextConfig& c, GraphBuilder& g,
                        const std::string& images,
                        const AddActivation& activation) {
  auto x = g.Conv("stem.0", images,
                  {.kernel = c.patch_size, .stride = c.patch_size});
  x = LayerNorm2d(g, "stem.1", x, c.norm_eps);
  for (size_t stage = 0; stage < c.dims.size(); ++stage) {
    x = Stage(c, g, stage, std::move(x), activation);
  }
  if (c.head_norm_first) x = LayerNorm2d(g, "norm_pre", x, c.norm_eps);
  x = g.Reduce("ReduceMean", "head/pool", x, {2, 3}, /*keep=*/false);
  if (!c.head_norm_first) x = g.LayerNorm("head.norm", x, c.norm_eps);
  return g.Linear("head.fc", x);
}

std::string AddNetwork(const ConvNextConfig& config, GraphBuilder& graph,
                       const std::string& images) {
  return AddConvNext(config, graph, images,
                     [&](const std::string& mlp, const std::string& x) {
                       return graph.Gelu(mlp + "/act", x);
                     });
}

}  // namespace wsel::onnx
