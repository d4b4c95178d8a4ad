#include "wrappers.h"

#include <fmt/format.h>

#include <array>

namespace wsel::naming {
namespace {

// Outermost prefixes, in order of preference.
constexpr std::array<std::string_view, 8> kWrappers = {
    "state_dict_ema.", "model_ema.",        "ema.",   "teacher.",
    "state_dict.",     "model_state_dict.", "model.", "student.",
};
constexpr std::array<std::string_view, 4> kInnerWrappers = {
    "module.", "_orig_mod.", "model.", "backbone."};

// Tensors of a checkpoint that are not weights.
struct OtherState {
  std::string_view start;
  std::string_view reason;
};

constexpr std::array<OtherState, 6> kOtherStates = {{
    {"optimizer", "optimizer state"},
    {"lr_scheduler", "learning rate scheduler state"},
    {"scaler", "loss scaler state"},
    {"loss_scaler", "loss scaler state"},
    {"dino_loss", "state of DINO's loss"},
    {"rng", "random generator state"},
}};

std::string_view WrapperOf(std::string_view name) {
  for (const std::string_view wrapper : kWrappers) {
    if (name.starts_with(wrapper)) return wrapper;
  }
  return "";
}

}  // namespace

std::optional<size_t> WrapperRank(std::string_view prefix) {
  if (prefix.empty()) return 0;
  size_t rank = 1;
  for (const std::string_view wrapper : kWrappers) {
    ++rank;
    if (!prefix.starts_with(wrapper)) continue;
    prefix.remove_prefix(wrapper.size());
    break;
  }
  for (bool removed = true; removed;) {
    removed = false;
    for (const std::string_view wrapper : kInnerWrappers) {
      if (!prefix.starts_with(wrapper)) continue;
      prefix.remove_prefix(wrapper.size());
      removed = true;
    }
  }
  if (!prefix.empty()) return std::nullopt;
  return rank;
}

std::string OutsideReason(std::string_view name, std::string_view prefix) {
  for (const OtherState& row : kOtherStates) {
    if (name.starts_with(row.start)) return std::string(row.reason);
  }
  const std::string_view wrapper = WrapperOf(name);
  if (!wrapper.empty() && wrapper != WrapperOf(prefix)) {
    return fmt::format("another copy; '{}' takes precedence over '{}'", prefix,
                       wrapper);
  }
  return fmt::format("not under '{}', the prefix of the weights", prefix);
}

}  // namespace wsel::naming
