#include "wsel/naming/adapt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

namespace wsel::naming {
namespace {

// Outermost first in a name; earlier ones are preferred.
constexpr std::array<std::string_view, 6> kWrappers = {
    "state_dict_ema.", "model_ema.",        "ema.",
    "state_dict.",     "model_state_dict.", "model.",
};
constexpr std::array<std::string_view, 3> kLayers = {"module.", "_orig_mod.",
                                                     "model."};

// Tensors that every model of a family has.
constexpr std::array<std::string_view, 2> kAnchors = {"patch_embed.proj.weight",
                                                      "stem.0.weight"};

// How good a prefix is, the lower the better; nothing for one that no wrapper
// makes.
std::optional<size_t> Rank(std::string_view prefix) {
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

std::string BestPrefix(const TensorSource& file) {
  std::optional<size_t> best_rank;
  std::string best;
  for (const TensorSpec& spec : file.Specs()) {
    for (const std::string_view anchor : kAnchors) {
      std::string_view prefix = spec.name;
      if (!prefix.ends_with(anchor)) continue;
      prefix.remove_suffix(anchor.size());
      const auto rank = Rank(prefix);
      if (!rank || (best_rank && *best_rank <= *rank)) continue;
      best_rank = rank;
      best = prefix;
    }
  }
  return best;
}

// The tensors under a prefix, without it.
class Unwrapped : public TensorSource {
 public:
  Unwrapped(const TensorSource& file, std::string prefix)
      : file_(file), prefix_(std::move(prefix)) {
    for (TensorSpec spec : file.Specs()) {
      if (!spec.name.starts_with(prefix_)) continue;
      spec.name.erase(0, prefix_.size());
      specs_.push_back(std::move(spec));
    }
  }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    TensorView view = file_.View(prefix_ + std::string(name));
    view.spec.name = name;
    return view;
  }
  void Drop(std::string_view name) const override {
    file_.Drop(prefix_ + std::string(name));
  }

 private:
  const TensorSource& file_;
  std::string prefix_;
  std::vector<TensorSpec> specs_;
};

}  // namespace

Adapted Adapt(const TensorSource& file) {
  Adapted adapted;
  adapted.prefix = BestPrefix(file);
  adapted.tensors = std::make_unique<Unwrapped>(file, adapted.prefix);
  for (const TensorSpec& spec : file.Specs()) {
    if (spec.name.starts_with(adapted.prefix)) continue;
    adapted.ignored.push_back(
        {spec.name, fmt::format("lies outside of '{}', where the weights are",
                                adapted.prefix)});
  }
  return adapted;
}

}  // namespace wsel::naming
