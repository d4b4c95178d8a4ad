#include "wrappers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "wsel/core/split.h"

namespace wsel::naming {
namespace {

// Anywhere in a name.
constexpr std::string_view kInnerModules[] = {
    "_orig_mod", "_fsdp_wrapped_module", "_fpw_module",
    "_checkpoint_wrapped_module"};

// Components of prefixes that say nothing of which copy this is.
constexpr std::string_view kTransparent[] = {"module", "_forward_module",
                                             "backbone"};

enum class Role { kAverage, kWeights, kOther };

struct CopyName {
  std::string_view component;
  Role role;
};
// In order of preference: moving averages first, as in timm. DINO's teacher is
// one of its student; BYOL's and MoCo's averages are only targets in training.
constexpr CopyName kCopies[] = {
    {"state_dict_ema", Role::kAverage},
    {"model_ema", Role::kAverage},
    {"ema", Role::kAverage},
    {"ema_model", Role::kAverage},
    {"params_ema", Role::kAverage},
    {"teacher", Role::kAverage},
    {"teacher_model", Role::kAverage},
    {"teacher_backbone", Role::kAverage},
    {"state_dict", Role::kWeights},
    {"model_state_dict", Role::kWeights},
    {"model", Role::kWeights},
    {"base_encoder", Role::kOther},
    {"encoder_q", Role::kOther},
    {"online_network", Role::kOther},
    {"student", Role::kOther},
    {"student_model", Role::kOther},
    {"student_backbone", Role::kOther},
    {"momentum_encoder", Role::kOther},
    {"encoder_k", Role::kOther},
    {"target_network", Role::kOther},
};

// How names of tensors that are not weights begin, and what those are.
constexpr std::pair<std::string_view, std::string_view> kOtherStates[] = {
    {"optimizer", "optimizer state"},
    {"lr_scheduler", "learning rate scheduler state"},
    {"scheduler", "learning rate scheduler state"},
    {"scaler", "loss scaler state"},
    {"loss_scaler", "loss scaler state"},
    {"dino_loss", "state of DINO's loss"},
    {"rng", "random generator state"},
};

bool Contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::string PlainName(std::string_view name) {
  auto components = Split(name, '.');
  std::erase_if(components, [](std::string_view component) {
    return Contains(kInnerModules, component);
  });
  return fmt::format("{}", fmt::join(components, "."));
}

CopyRank RankOf(std::string_view prefix, bool no_ema) {
  CopyRank rank;
  // The most preferred average, the first of the weights, the last of others.
  std::optional<size_t> average;
  std::optional<size_t> weights;
  std::optional<size_t> other;
  const size_t position = prefix.empty() ? 0 : std::size(kCopies) + 1;
  for (const std::string_view component : Split(prefix, '.')) {
    if (component.empty()) continue;  // after the last dot
    const auto* copy =
        std::ranges::find(kCopies, component, &CopyName::component);
    const size_t at = static_cast<size_t>(copy - std::begin(kCopies)) + 1;
    if (copy == std::end(kCopies)) {
      rank.unknown |= !Contains(kTransparent, component);
    } else if (copy->role == Role::kAverage) {
      average = std::min(average.value_or(at), at);
    } else if (copy->role == Role::kWeights) {
      weights = weights.value_or(at);
    } else {
      other = at;
    }
  }
  rank.unwanted = no_ema && average;
  rank.position = average.value_or(other.value_or(weights.value_or(position)));
  return rank;
}

std::string_view OtherState(std::string_view name) {
  for (const auto& [start, state] : kOtherStates) {
    if (name.starts_with(start)) return state;
  }
  return "";
}

}  // namespace wsel::naming
