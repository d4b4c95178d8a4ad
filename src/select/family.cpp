#include "wsel/select/family.h"

#include <algorithm>
#include <array>

namespace wsel::select {

const Registry<DimensionRole>& DimensionRoles() {
  static constexpr std::array<Registered<DimensionRole>, 6> kRows = {{
      {DimensionRole::kWidth, "width", "one index set through the model"},
      {DimensionRole::kHidden, "hidden", "inside one layer"},
      {DimensionRole::kAttention, "attention", "inside one layer, in heads"},
      {DimensionRole::kLeading, "leading", "the first positions are taken"},
      {DimensionRole::kFixed, "fixed", "never selected from"},
      {DimensionRole::kLayers, "layers", "the number of layers"},
  }};
  static constexpr Registry<DimensionRole> kRegistry("role", kRows);
  return kRegistry;
}

std::string NameTemplate::With(int64_t layer) const {
  return layers ? before + std::to_string(layer) + after : before;
}

std::vector<std::string> SizeNames(const FamilyTable& family) {
  std::vector<std::string> names;
  for (const Dimension& dimension : family.dimensions) {
    names.push_back(dimension.name);
    if (dimension.role == DimensionRole::kAttention) {
      names.push_back(HeadsOf(dimension));
    }
  }
  return names;
}

void CheckSizeNames(const FamilyTable& family, const Sizes& sizes,
                    std::string_view where) {
  const auto known = SizeNames(family);
  for (const auto& [name, size] : sizes) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw Error(ErrorKind::kUsage, where, Unknown("size", name, known));
  }
}

std::string HeadsOf(const Dimension& dimension) {
  return dimension.name + ".heads";
}

}  // namespace wsel::select
