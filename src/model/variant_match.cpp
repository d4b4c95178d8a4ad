#include "architecture.h"
#include "wsel/model/variants.h"

namespace wsel::model {
namespace {

// Without the fields in which models of one architecture may differ.
Config Comparable(Config config) {
  std::visit(
      [](auto& c) {
        c.name.clear();
        c.num_classes = 0;
        c.img_size = 0;
      },
      config);
  return config;
}

}  // namespace

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
