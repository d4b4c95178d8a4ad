#include "wsel/model/variants.h"

#include <algorithm>
#include <cctype>

#include "architecture.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::model {
namespace {

bool EqualWithoutCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
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

}  // namespace wsel::model
