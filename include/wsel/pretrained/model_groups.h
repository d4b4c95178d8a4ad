// Torch-free.
#pragma once

#include <string_view>

namespace wsel::pretrained {

// The family of models, as their papers and timm's file names call it, that
// timm's name belongs to: "DeiT III" of "deit3_small_patch16_224".
std::string_view GroupOf(std::string_view name);

// Whether every word of `text`, in any case, is a part of `name` or of its
// group.
bool MatchesSearch(std::string_view name, std::string_view text);

}  // namespace wsel::pretrained
