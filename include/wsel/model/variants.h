// Torch-free.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wsel/model/config.h"

namespace wsel::model {

// One row of the table of known models.
struct Variant {
  Config config;                     // its name is timm's
  std::vector<std::string> aliases;  // "vit_tiny", "ViT-T"
};

// All known models, in the order in which `wsel models` lists them.
const std::vector<Variant>& Variants();

// The variant of that name or alias, a tag of timm's (".augreg_in21k") aside;
// case matters in timm's names only. Errors: kUsage, with the nearest known
// name.
const Variant& FindVariant(std::string_view name);

// Whether two configs are the same but for name, classes and image size.
bool SameArchitecture(const Config& a, const Config& b);

// The name of the variant of that architecture, at best with that image size;
// where there is none, one that says its sizes: "vit_d224_l12_h4_p16",
// "convnext_d48-96-192-384_l2-2-6-2".
std::string DescriptiveName(const Config& config);

}  // namespace wsel::model
