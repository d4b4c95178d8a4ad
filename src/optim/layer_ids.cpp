#include "wsel/optim/layer_ids.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <limits>
#include <map>
#include <optional>
#include <string_view>

namespace wsel::optim {
namespace {

constexpr int64_t kLast = std::numeric_limits<int64_t>::max();

// Where a parameter lies: places in their order are layers.
struct Place {
  enum Part { kStem, kBlocks, kHead };
  Part part = kHead;
  int64_t stage = 0;  // or a ViT's block
  int64_t block = 0;

  auto operator<=>(const Place&) const = default;
  // The norm after the blocks has no layer of its own.
  bool JoinsPrevious() const { return stage == kLast; }
};

// Reads "PREFIXnumber." at the beginning of `name` and removes it.
std::optional<int64_t> TakeNumber(std::string_view& name,
                                  std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  const char* first = name.data() + prefix.size();
  const char* end = name.data() + name.size();
  int64_t number = 0;
  const auto [after, code] = std::from_chars(first, end, number);
  if (code != std::errc() || after == end || *after != '.') return std::nullopt;
  name.remove_prefix(static_cast<size_t>(after + 1 - name.data()));
  return number;
}

bool IsStem(std::string_view name, bool has_stages) {
  static constexpr std::array<std::string_view, 6> kVit = {
      "cls_token", "reg_token",   "dist_token",
      "pos_embed", "patch_embed", "norm_pre"};
  if (has_stages) return name.starts_with("stem");
  return std::ranges::any_of(
      kVit, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

Place PlaceOf(std::string_view name, bool has_stages) {
  if (IsStem(name, has_stages)) return {Place::kStem};
  if (const auto stage = TakeNumber(name, "stages.")) {
    // A downsampling is in the layer of the first block.
    const int64_t block = TakeNumber(name, "blocks.").value_or(0);
    return {Place::kBlocks, *stage, block};
  }
  if (const auto block = TakeNumber(name, "blocks.")) {
    return {Place::kBlocks, *block};
  }
  if (name.starts_with(has_stages ? "norm_pre" : "norm")) {
    return {Place::kBlocks, kLast};
  }
  return {Place::kHead};
}

}  // namespace

std::vector<int64_t> LayerIds(const std::vector<std::string>& names) {
  const bool has_stages = std::ranges::any_of(
      names,
      [](const std::string& name) { return name.starts_with("stages."); });
  std::vector<Place> places;
  std::map<Place, int64_t> ids;
  for (const std::string& name : names) {
    places.push_back(PlaceOf(name, has_stages));
    ids[places.back()] = 0;
  }
  int64_t id = -1;
  for (auto& [place, layer] : ids) {
    if (id < 0 || !place.JoinsPrevious()) ++id;
    layer = id;
  }
  std::vector<int64_t> result;
  for (const Place& place : places) result.push_back(ids.at(place));
  return result;
}

}  // namespace wsel::optim
