// Torch-free.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wsel::naming {

// How good a prefix of the weights' names is, the lower the better; nothing for
// one that no training program makes.
std::optional<size_t> WrapperRank(std::string_view prefix);

// Why a tensor that is not under `prefix` is no weight.
std::string OutsideReason(std::string_view name, std::string_view prefix);

}  // namespace wsel::naming
