#include "wrappers.h"

#include <fmt/format.h>

#include <array>

namespace wsel::naming {
namespace {

// Outermost first in a name; earlier ones are preferred.
constexpr std::array<std::string_view, 8> kWrappers = {
    "state_dict_ema.", "model_ema.",        "ema.",   "teacher.",
    "state_dict.",     "model_state_dict.", "model.", "student.",
};
constexpr std::array<std::string_view, 4> kLayers = {"module.", "_orig_mod.",
                                                     "model.", "backbone."};

struct Neighbour {
  std::string_view start;
  std::string_view reason;
};

constexpr std::array<Neighbour, 6> kNeighbours = {{
    {"optimizer", "the optimiser's state"},
    {"lr_scheduler", "the schedule's state"},
    {"scaler", "the loss scaler's state"},
    {"loss_scaler", "the loss scaler's state"},
    {"dino_loss", "the state of DINO's loss"},
    {"rng", "a random generator's state"},
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
    for (const std::string_view layer : kLayers) {
      if (!prefix.starts_with(layer)) continue;
      prefix.remove_prefix(layer.size());
      removed = true;
    }
  }
  if (!prefix.empty()) return std::nullopt;
  return rank;
}

std::string OutsideReason(std::string_view name, std::string_view prefix) {
  for (const Neighbour& row : kNeighbours) {
    if (name.starts_with(row.start)) return std::string(row.reason);
  }
  const std::string_view wrapper = WrapperOf(name);
  if (!wrapper.empty() && wrapper != WrapperOf(prefix)) {
    return fmt::format("belongs to another copy; '{}' goes before '{}'", prefix,
                       wrapper);
  }
  return fmt::format("lies outside of '{}', where the weights are", prefix);
}

}  // namespace wsel::naming
