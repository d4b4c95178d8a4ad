#include "wsel/model/parameter_specs.h"

#include <fmt/format.h>

#include <limits>

#include "architecture.h"

namespace wsel::model {
namespace {

// In the order of the enumeration.
constexpr std::string_view kNames[] = {
    "patch_embed", "pos_embed",  "tokens", "attn",
    "conv",        "norm",       "mlp",    "layer_scale",
    "attn_pool",   "downsample", "head",   "pre_logits"};

}  // namespace

std::string_view Name(Component component) {
  return kNames[static_cast<size_t>(component)];
}

std::vector<ParameterSpec> ParameterSpecs(const Config& config) {
  return WithArchitecture(config, [](const auto& architecture, const auto& c) {
    return architecture.parameter_specs(c);
  });
}

std::vector<std::string> BlockPrefixes(const Config& config) {
  const auto pattern =
      WithArchitecture(config, [](const auto& architecture, const auto&) {
        return architecture.block_name;
      });
  const auto depths = StageDepths(config);
  std::vector<std::string> names;
  for (size_t stage = 0; stage < depths.size(); ++stage) {
    for (int64_t block = 0; block < depths[stage]; ++block) {
      names.push_back(fmt::format(fmt::runtime(pattern), stage, block));
    }
  }
  return names;
}

int64_t ParameterCount(const Config& config) {
  int64_t count = 0;
  for (const ParameterSpec& parameter : ParameterSpecs(config)) {
    count += *Numel(parameter.spec.shape);
  }
  return count;
}

int64_t Flops(const Config& config) {
  const double flops =
      WithArchitecture(config, [](const auto& architecture, const auto& c) {
        return architecture.flops(c);
      });
  constexpr double kTooLarge = 9223372036854775808.0;  // 2^63
  return flops < kTooLarge ? static_cast<int64_t>(flops)
                           : std::numeric_limits<int64_t>::max();
}

int64_t ActivationBytes(const Config& config) {
  const int64_t values =
      WithArchitecture(config, [](const auto& architecture, const auto& c) {
        return architecture.saved_values(c);
      });
  return values * static_cast<int64_t>(sizeof(float));
}

}  // namespace wsel::model
