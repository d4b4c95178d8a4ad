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

// The variant of that name or alias; case matters in timm's names only.
// Errors: kUsage, with the nearest known name.
const Variant& FindVariant(std::string_view name);

}  // namespace wsel::model
