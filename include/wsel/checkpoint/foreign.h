// Torch-free.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace wsel::checkpoint {

// What a file is that no reader takes, and what to do about it: "is an HTML
// page, not a checkpoint: ...". Looks at the first kilobyte.
std::string DescribeForeign(std::span<const std::byte> bytes);

}  // namespace wsel::checkpoint
