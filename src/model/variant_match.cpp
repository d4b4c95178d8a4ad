#include <fmt/format.h>
#include <fmt/ranges.h>

#include "wsel/model/variants.h"

namespace wsel::model {
namespace {

Config Architecture(Config config) {
  std::visit(
      [](auto& c) {
        c.name.clear();
        c.num_classes = 0;
        c.img_size = 0;
      },
      config);
  return config;
}

std::string NameBySizes(const VitConfig& c) {
  return fmt::format("vit_d{}_l{}_h{}_p{}", c.embed_dim, c.depth, c.num_heads,
                     c.patch_size);
}

std::string NameBySizes(const ConvNextConfig& c) {
  return fmt::format("convnext_d{}_l{}", fmt::join(c.dims, "-"),
                     fmt::join(c.depths, "-"));
}

}  // namespace

bool SameArchitecture(const Config& a, const Config& b) {
  return Architecture(a) == Architecture(b);
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
  return std::visit([](const auto& c) { return NameBySizes(c); }, config);
}

}  // namespace wsel::model
