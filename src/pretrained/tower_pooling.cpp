#include "tower_pooling.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "published_facts.h"
#include "wsel/naming/kin_form.h"

namespace wsel::pretrained {
namespace {

constexpr std::array<std::string_view, 3> kTowers = {"OpenAI CLIP", "open_clip",
                                                     "open_clip's CLIPA"};

// Reports the norm under its new name, too.
void RenameUsed(naming::RemappedStateDict& remapped, bool after_pooling) {
  for (naming::UsedKey& used : remapped.used) {
    for (const char* part : {"weight", "bias"}) {
      const std::string before = std::string("norm.") + part;
      const std::string after = std::string("fc_norm.") + part;
      if (used.timm == before || used.timm == after) {
        used.timm = after_pooling ? after : before;
      }
    }
  }
}

}  // namespace

void UseTowerPooling(PretrainedCheckpoint& checkpoint) {
  naming::RemappedStateDict& remapped = checkpoint.remapped;
  Beside& beside = checkpoint.beside;
  const bool is_tower =
      std::ranges::find(kTowers, remapped.source) != kTowers.end();
  if (!is_tower || !beside.tower_pooling) return;
  const Stated<model::Pooling>& stated = *beside.tower_pooling;
  const bool after_pooling = stated.value == model::Pooling::kAverage;
  remapped.tensors =
      naming::WithLastNorm(std::move(remapped.tensors), after_pooling);
  RenameUsed(remapped, after_pooling);
  beside.pooling = stated;
  beside.pooling->value = PoolingHint(stated.value);
}

}  // namespace wsel::pretrained
