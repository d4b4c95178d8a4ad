// As nn/convnext.cpp computes it. Convolutions take [B, D, H, W] as ONNX
// defines them, norms and MLPs [B, H, W, D], as in timm.
#include "convnext.h"

#include <fmt/format.h>

#include "networks.h"
#include "norm.h"

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

// Over the last dimension, which has `width` channels.
std::string Norm(const ConvNextConfig& c, GraphBuilder& g,
                 const std::string& name, const std::string& x, int64_t width) {
  switch (c.norm_layer) {
    case model::ConvNextNorm::kLayerNorm:
      break;
    case model::ConvNextNorm::kRmsNorm:
      return AddRmsNorm(g, name, x, c.norm_eps);
    case model::ConvNextNorm::kSimpleNorm:
      return AddSimpleNorm(g, name, x, c.norm_eps, width);
  }
  return g.LayerNorm(name, x, c.norm_eps);
}

// Of channels-first maps.
std::string Norm2d(const ConvNextConfig& c, GraphBuilder& g,
                   const std::string& name, const std::string& x,
                   int64_t width) {
  const auto last = ChannelsLast(g, name + "/channels_last", x);
  const auto normed = Norm(c, g, name, last, width);
  return ChannelsFirst(g, name + "/channels_first", normed);
}

// [B, C, H, W] -> [B, D, H / patch, W / patch]
std::string Stem(const ConvNextConfig& c, GraphBuilder& g,
                 const std::string& images) {
  if (!c.HasOverlappingStem()) {
    const auto x = g.Conv("stem.0", images,
                          {.kernel = c.patch_size, .stride = c.patch_size});
    return Norm2d(c, g, c.StemNorm(), x, c.dims[0]);
  }
  constexpr ConvShape kHalving = {.kernel = 3, .stride = 2, .padding = 1};
  auto x = g.Conv("stem.0", images, kHalving);
  if (c.stem_type == model::ConvNextStem::kOverlapAct) {
    x = g.Activation("stem.1", x, c.activation);
  }
  x = g.Conv(c.SecondStemConv(), x, kHalving);
  return Norm2d(c, g, c.StemNorm(), x, c.dims[0]);
}

// [B, D, H, W] -> [B, D, H, W]
std::string Block(const ConvNextConfig& c, GraphBuilder& g,
                  const std::string& name, size_t stage,
                  const std::string& input, const AddActivation& activation) {
  const int64_t width = c.dims[stage];
  const int64_t kernel = c.kernel_sizes[stage];
  auto x = g.Conv(name + "conv_dw", input,
                  {.kernel = kernel, .padding = kernel / 2, .groups = width});
  x = ChannelsLast(g, name + "conv_dw/channels_last", x);
  x = Norm(c, g, name + "norm", x, width);
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
    x = Norm2d(c, g, name + "downsample.0", x,
               c.dims[stage > 0 ? stage - 1 : 0]);
    x = g.Conv(name + "downsample.1", x, {.kernel = 2, .stride = 2});
  }
  for (int64_t i = 0; i < c.depths[stage]; ++i) {
    x = Block(c, g, fmt::format("{}blocks.{}.", name, i), stage, x, activation);
  }
  return x;
}

// [B, D, H, W] -> logits [B, classes]
std::string Head(const ConvNextConfig& c, GraphBuilder& g, std::string x) {
  const int64_t width = c.dims.back();
  if (c.head_norm_first) x = Norm2d(c, g, "norm_pre", x, width);
  x = g.Reduce("ReduceMean", "head/pool", x, {2, 3}, /*keep=*/false);
  if (!c.head_norm_first) x = Norm(c, g, "head.norm", x, width);
  if (c.head_hidden_size > 0) {
    x = g.Linear("head.pre_logits.fc", x);
    // In timm whatever the activation of the blocks.
    x = g.Activation("head.pre_logits/act", x, model::Activation::kGelu);
  }
  return g.Linear("head.fc", x);
}

}  // namespace

std::string AddConvNext(const ConvNextConfig& c, GraphBuilder& g,
                        const std::string& images,
                        const AddActivation& activation) {
  auto x = Stem(c, g, images);
  for (size_t stage = 0; stage < c.dims.size(); ++stage) {
    x = Stage(c, g, stage, std::move(x), activation);
  }
  return Head(c, g, std::move(x));
}

std::string AddNetwork(const ConvNextConfig& config, GraphBuilder& graph,
                       const std::string& images) {
  return AddConvNext(
      config, graph, images, [&](const std::string& mlp, const std::string& x) {
        return graph.Activation(mlp + "/act", x, config.activation);
      });
}

}  // namespace wsel::onnx
