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

// The variant with that name or alias. timm's pretrained tag (".augreg_in21k")
// is ignored; only timm's names are case-sensitive. Errors: kUsage, suggesting
// the nearest known name.
const Variant& FindVariant(std::string_view name);

// Whether two configs are equal except for name, classes and image size.
bool SameArchitecture(const Config& a, const Config& b);

// The name of the variant with that architecture, preferably with the same
// image size; if there is none, a name made of the sizes:
// "vit_d224_l12_h4_p16", "convnext_d48-96-192-384_l2-2-6-2".
std::string DescriptiveName(const Config& config);

}  // namespace wsel::model
