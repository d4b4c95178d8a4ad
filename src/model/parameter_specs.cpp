#include "wsel/model/parameter_specs.h"

#include <array>
#include <utility>

#include "parameter_specs_builder.h"

namespace wsel::model {
namespace {

constexpr std::array<std::pair<Component, std::string_view>, 10> kNames = {{
    {Component::kPatchEmbed, "patch_embed"},
    {Component::kPosEmbed, "pos_embed"},
    {Component::kTokens, "tokens"},
    {Component::kAttention, "attn"},
    {Component::kConv, "conv"},
    {Component::kNorm, "norm"},
    {Component::kMlp, "mlp"},
    {Component::kLayerScale, "layer_scale"},
    {Component::kDownsample, "downsample"},
    {Component::kHead, "head"},
}};

}  // namespace

std::string_view Name(Component component) {
  return kNames[static_cast<size_t>(component)].second;
}

const std::vector<Component>& AllComponents() {
  static const std::vector<Component> all = [] {
    std::vector<Component> components;
    components.reserve(kNames.size());
    for (const auto& row : kNames) components.push_back(row.first);
    return components;
  }();
  return all;
}

std::vector<ParameterSpec> ParameterSpecs(const Config& config) {
  if (const auto* vit = std::get_if<VitConfig>(&config))
    return VitParameterSpecs(*vit);
  return ConvNextParameterSpecs(std::get<ConvNextConfig>(config));
}

std::vector<int64_t> StageDepths(const Config& config) {
  if (const auto* vit = std::get_if<VitConfig>(&config)) return {vit->depth};
  const auto& depths = std::get<ConvNextConfig>(config).depths;
  return {depths.begin(), depths.end()};
}

int64_t ParameterCount(const Config& config) {
  int64_t count = 0;
  for (const ParameterSpec& parameter : ParameterSpecs(config)) {
    count += *Numel(parameter.spec.shape);
  }
  return count;
}

}  // namespace wsel::model
