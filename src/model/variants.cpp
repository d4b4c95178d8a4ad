#include "wsel/model/variants.h"

#include <algorithm>
#include <cctype>

#include "architecture.h"
#include "vit.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::model {
namespace {

bool EqualWithoutCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// Without the fields in which models of one architecture may differ.
Config Comparable(Config config) {
  std::visit(
      [](auto& c) {
        c.name.clear();
        c.num_classes = 0;
        c.img_size = 0;
        c.in_chans = 3;
      },
      config);
  if (auto* vit = std::get_if<VitConfig>(&config)) {
    *vit = WithHiddenForRatios(*vit);
  }
  return config;
}

}  // namespace

const std::vector<Variant>& Variants() {
  static const std::vector<Variant> variants = [] {
    std::vector<Variant> out;
    ForEachArchitecture(
        [&](const auto& architecture) { architecture.add_variants(out); });
    return out;
  }();
  return variants;
}

const Variant& FindVariant(std::string_view name) {
  std::vector<std::string> known;
  for (const Variant& variant : Variants()) {
    if (NameOf(variant.config) == name) return variant;
    known.push_back(NameOf(variant.config));
  }
  for (const Variant& variant : Variants()) {
    for (const std::string& alias : variant.aliases) {
      if (EqualWithoutCase(alias, name)) return variant;
      known.push_back(alias);
    }
  }
  // "vit_tiny_patch16_224.augreg_in21k": timm's tag of the pretrained weights.
  const size_t tag = name.find('.');
  if (tag != std::string_view::npos) return FindVariant(name.substr(0, tag));
  throw Error(ErrorKind::kUsage, "", Unknown("model", name, known));
}

bool SameArchitecture(const Config& a, const Config& b) {
  return Comparable(a) == Comparable(b);
}

std::string DescriptiveName(const Config& config) {
  const Variant* found = nullptr;
  for (const Variant& variant : Variants()) {
    if (!SameArchitecture(variant.config, config)) continue;
    if (ImageSize(variant.config) == ImageSize(config)) {
      return NameOf(variant.config);
    }
    if (found == nullptr) found = &variant;
  }
  if (found != nullptr) return NameOf(found->config);
  return WithArchitecture(config, [](const auto& architecture, const auto& c) {
    return architecture.name_by_sizes(c);
  });
}

}  // namespace wsel::model
