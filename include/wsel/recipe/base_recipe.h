// Torch-free.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/registry.h"

namespace wsel::recipe {

// Where the values come from that neither a configuration file nor an option
// gives.
enum class BaseRecipe {
  kPaper,     // Table 13 of the paper: a long training of untrained weights
  kFinetune,  // of a model that was trained before, on other images
};
// paper, finetune
const Registry<BaseRecipe>& BaseRecipes();

// The values of `base` that are not the defaults of the option structs, as
// overrides of a recipe; none of kPaper. Those of kFinetune: AdamW with a
// learning rate that falls by 0.75 from layer to layer, as in BEiT (Bao et al.
// 2022) and MAE (He et al. 2022), and random crops and flips.
std::vector<std::string> SetsOf(BaseRecipe base);

// The configuration with the values of `base` for keys that neither it nor the
// overrides `sets` give. Values that depend on given ones follow them: the
// warmup has its share of a given number of epochs, and a classifier that is
// trained while the backbone is frozen has a higher learning rate. Errors: as
// RecipeFromJson.
std::string WithBase(std::string_view text, std::string_view where,
                     const std::vector<std::string>& sets, BaseRecipe base);

}  // namespace wsel::recipe
