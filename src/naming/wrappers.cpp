#include "wrappers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace wsel::naming {
namespace {

// Outermost prefixes, in order of preference.
constexpr std::string_view kWrappers[] = {
    "state_dict_ema.", "model_ema.",        "ema.",   "teacher.",
    "state_dict.",     "model_state_dict.", "model.", "student.",
};
constexpr std::string_view kInnerWrappers[] = {"module.", "_orig_mod.",
                                               "model.", "backbone."};

// How names of tensors that are not weights begin, and what those are.
constexpr std::pair<std::string_view, std::string_view> kOtherStates[] = {
    {"optimizer", "optimizer state"},
    {"lr_scheduler", "learning rate scheduler state"},
    {"scaler", "loss scaler state"},
    {"loss_scaler", "loss scaler state"},
    {"dino_loss", "state of DINO's loss"},
    {"rng", "random generator state"},
};

std::string_view WrapperOf(std::string_view name) {
  for (const std::string_view wrapper : kWrappers) {
    if (name.starts_with(wrapper)) return wrapper;
  }
  return "";
}

}  // namespace

std::optional<size_t> WrapperRank(std::string_view prefix) {
  if (prefix.empty()) return 0;
  const auto remove = [&prefix](std::string_view wrapper) {
    if (!prefix.starts_with(wrapper)) return false;
    prefix.remove_prefix(wrapper.size());
    return true;
  };
  size_t rank = 1;
  for (const std::string_view wrapper : kWrappers) {
    ++rank;
    if (remove(wrapper)) break;
  }
  while (std::ranges::any_of(kInnerWrappers, remove)) {
  }
  if (!prefix.empty()) return std::nullopt;
  return rank;
}

std::string OutsideReason(std::string_view name, std::string_view prefix) {
  for (const auto& [start, state] : kOtherStates) {
    if (name.starts_with(start)) return std::string(state);
  }
  const std::string_view wrapper = WrapperOf(name);
  if (!wrapper.empty() && wrapper != WrapperOf(prefix)) {
    return fmt::format("another copy; '{}' takes precedence over '{}'", prefix,
                       wrapper);
  }
  return fmt::format("not under '{}', the prefix of the weights", prefix);
}

}  // namespace wsel::naming
