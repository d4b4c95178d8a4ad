#include "family_hint.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace wsel::pretrained {
namespace {

struct ShippedFamily {
  std::string_view tensor;  // the end of a name that only such files have
  std::string_view file;
};

// The first that fits counts. Names as in configs/families/.
constexpr ShippedFamily kShippedFamilies[] = {
    {"layers.0.blocks.0.attn.cpb_mlp.0.weight", "swinv2.json"},
    {"layers.0.blocks.0.attn.relative_position_bias_table", "swin.json"},
    {"blocks.0.attn.relative_position_bias_table", "beit.json"},
    {"blocks.0.mlp_tokens.fc1.weight", "mlp_mixer.json"},
    {"layer1.0.conv3.weight", "resnet_bottleneck.json"},
    {"layer1.0.conv2.weight", "resnet_basic.json"},
    {"encoder.layer.0.attention.self.query.weight", "bert.json"},
};

}  // namespace

std::string FamilyHint(const TensorSource& file) {
  const auto has = [&](const ShippedFamily& family) {
    return std::ranges::any_of(file.Specs(), [&](const TensorSpec& spec) {
      return spec.name.ends_with(family.tensor);
    });
  };
  const auto* found = std::ranges::find_if(kShippedFamilies, has);
  if (found == std::end(kShippedFamilies)) return "";
  return fmt::format(
      "; wsel init --family configs/families/{} selects from it "
      "(docs/families.md)",
      found->file);
}

}  // namespace wsel::pretrained
