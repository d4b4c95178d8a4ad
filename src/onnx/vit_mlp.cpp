#include "norm.h"
#include "vit_block.h"

namespace wsel::onnx {
namespace {

using model::VitConfig;

// SwiGLU's hidden channels: silu(gate) * value.
std::string GatedChannels(GraphBuilder& g, const std::string& name,
                          const std::string& gate, const std::string& value) {
  const auto active =
      g.Activation(name + "/act", gate, model::Activation::kSilu);
  return g.Op("Mul", name + "/gated", {active, value});
}

std::string HiddenChannels(const VitConfig& c, GraphBuilder& g,
                           const std::string& name, const std::string& x) {
  if (c.mlp == model::MlpForm::kSwiGlu) {
    const auto gate = g.Linear(name + ".fc1_g", x);
    return GatedChannels(g, name, gate, g.Linear(name + ".fc1_x", x));
  }
  const auto hidden = g.Linear(name + ".fc1", x);
  if (c.mlp == model::MlpForm::kMlp) {
    return g.Activation(name + "/act", hidden, c.activation);
  }
  const std::string gate = name + "/gate";
  const std::string value = name + "/value";
  g.Split(name + "/split", hidden, {gate, value},
          {c.MlpHidden(), c.MlpHidden()});
  return GatedChannels(g, name, gate, value);
}

}  // namespace

std::string AddMlp(const VitConfig& c, GraphBuilder& g, const std::string& name,
                   const std::string& x) {
  auto hidden = HiddenChannels(c, g, name, x);
  if (c.scale_mlp_norm) {
    hidden = AddNorm(g, c.norm, name + ".norm", hidden, c.norm_eps);
  }
  return g.Linear(name + ".fc2", hidden);
}

}  // namespace wsel::onnx
