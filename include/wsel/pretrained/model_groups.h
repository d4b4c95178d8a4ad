// Torch-free.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wsel/model/variants.h"

namespace wsel::pretrained {

// The family of models, as their papers and timm's file names call it, that
// timm's name belongs to: "DeiT III" of "deit3_small_patch16_224".
std::string_view GroupOf(std::string_view name);

// Whether every word of `text`, in any case, is a part of `name` or of its
// group.
bool MatchesSearch(std::string_view name, std::string_view text);

// The models with every word of `text` in their name, aliases or group,
// and names of weights that timm publishes, "NAME.TAG", with all of them.
std::vector<const model::Variant*> FoundModels(const std::string& text);
std::vector<std::string> FoundWeights(const std::string& text);

}  // namespace wsel::pretrained
