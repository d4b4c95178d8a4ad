// ConvNeXt V2: ConvNeXt with global response normalisation in its MLPs.
#include "convnext.h"
#include "networks.h"

namespace wsel::onnx {
namespace {

// As nn/convnextv2.cpp computes it, on [B, H, W, C]. The norms are float32 in a
// float16 graph too: sums of squares over a map exceed 65504.
std::string Grn(GraphBuilder& g, const std::string& name,
                const std::string& x) {
  constexpr float kEps = 1e-6F;
  const auto exact = g.ToFloat(name + "/float", x);
  const auto norms =
      g.Reduce("ReduceL2", name + "/norms", exact, {1, 2}, /*keep=*/true);
  const auto mean =
      g.Reduce("ReduceMean", name + "/mean", norms, {-1}, /*keep=*/true);
  const auto divisor =
      g.Op("Add", name + "/divisor", {mean, g.ExactScalar(kEps)});
  const auto relative = g.FromFloat(
      name + "/half", g.Op("Div", name + "/relative", {norms, divisor}));
  const auto scaled = g.Op("Mul", name + "/scaled", {x, relative});
  const auto product =
      g.Op("Mul", name + "/product", {scaled, g.Parameter(name + ".weight")});
  const auto shifted =
      g.Op("Add", name + "/shifted", {product, g.Parameter(name + ".bias")});
  return g.Op("Add", name, {x, shifted});
}

}  // namespace

std::string AddNetwork(const model::ConvNextV2Config& config,
                       GraphBuilder& graph, const std::string& images) {
  return AddConvNext(
      config.WithoutGrn(), graph, images,
      [&](const std::string& mlp, const std::string& x) {
        return Grn(graph, mlp + ".grn",
                   graph.Activation(mlp + "/act", x, model::Activation::kGelu));
      });
}

}  // namespace wsel::onnx
