#include "wsel/pretrained/model_groups.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string>
#include <utility>

#include "wsel/pretrained/published.h"

namespace wsel::pretrained {
namespace {

struct Group {
  std::string_view part;  // of the name
  std::string_view name;
};

// The first that fits counts.
constexpr Group kGroups[] = {
    {"convnextv2", "ConvNeXt V2"},
    {"convnext", "ConvNeXt"},
    {"aimv2", "AIMv2"},
    {"deit3_", "DeiT III"},
    {"deit_", "DeiT"},
    {"dinov3", "DINOv3"},
    {"lingbot", "DINOv3"},
    {"dinov2", "DINOv2"},
    {"eva02_", "EVA-02"},
    {"eva_giant", "EVA"},
    {"flexivit", "FlexiViT"},
    {"siglip", "SigLIP"},
    {"_pe_", "Perception Encoder"},
    {"clip", "CLIP"},
    {"radio", "RADIO"},
    {"intern", "InternViT"},
    {"tips", "TIPS"},
    {"sapiens", "Sapiens"},
    {"beit3", "BEiT-3"},
    {"_rope", "ViT with rotary positions"},
    {"_gap_", "ViT with average pooling"},
    {"", "ViT"},
};

std::string InLowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return lower;
}

}  // namespace

std::string_view GroupOf(std::string_view name) {
  return std::ranges::find_if(kGroups,
                              [&](const Group& group) {
                                return name.find(group.part) !=
                                       std::string_view::npos;
                              })
      ->name;
}

bool MatchesSearch(std::string_view name, std::string_view text) {
  const std::string searched =
      InLowerCase(name) + " " + InLowerCase(GroupOf(name));
  std::istringstream words(InLowerCase(text));
  for (std::string word; words >> word;) {
    if (searched.find(word) == std::string::npos) return false;
  }
  return true;
}

namespace {

bool MatchesVariant(const model::Variant& variant, const std::string& search) {
  return MatchesSearch(fmt::format("{} {}", NameOf(variant.config),
                                   fmt::join(variant.aliases, " ")),
                       search);
}

}  // namespace

std::vector<const model::Variant*> FoundModels(const std::string& search) {
  std::vector<const model::Variant*> found;
  for (const model::Variant& variant : model::Variants()) {
    if (MatchesVariant(variant, search)) found.push_back(&variant);
  }
  return found;
}

std::vector<std::string> FoundWeights(const std::string& search) {
  std::vector<std::string> found;
  for (const PublishedTag& tag : PublishedTags()) {
    std::string name = fmt::format("{}.{}", tag.model, tag.tag);
    if (MatchesSearch(name, search)) found.push_back(std::move(name));
  }
  return found;
}

}  // namespace wsel::pretrained
