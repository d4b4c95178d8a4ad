// Torch-free.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wsel::naming {

// The rank of a prefix of weight names, lower is better; nullopt if no known
// training program adds it.
std::optional<size_t> WrapperRank(std::string_view prefix);

// Why a tensor that is not under `prefix` is ignored.
std::string OutsideReason(std::string_view name, std::string_view prefix);

}  // namespace wsel::naming
