#include "wsel/calibrate/supported.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "wsel/core/error.h"

namespace wsel::calibrate {
namespace {

bool IsUsual(const model::VitConfig& c) {
  using model::BlockForm, model::MlpForm, model::Norm, model::Pooling,
      model::Qkv, model::Rope;
  const bool norms = c.norm == Norm::kLayerNorm && c.final_norm &&
                     !c.embed_norm && !c.scale_mlp_norm;
  const bool attention = c.qkv == Qkv::kFused && !c.qk_norm && !c.diff_attn &&
                         !c.scale_attn_norm && c.rope == Rope::kNone;
  return norms && attention && c.block == BlockForm::kPreNorm && c.proj_bias &&
         c.mlp == MlpForm::kMlp && c.pos_embed &&
         c.pooling != Pooling::kAttention;
}

}  // namespace

void RequireSupported(const model::Config& config) {
  const auto* vit = std::get_if<model::VitConfig>(&config);
  if (vit == nullptr || IsUsual(*vit)) return;
  throw Error(ErrorKind::kMismatch, "calibrate",
              "runs a teacher layer by layer, and {} has {}, which it does not "
              "support; leave it out, or select by weights (`method` uniform)",
              NameOf(config), fmt::join(ForwardExtras(config), ", "));
}

}  // namespace wsel::calibrate
