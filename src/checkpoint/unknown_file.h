// Torch-free.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace wsel::checkpoint {

// For a file that no reader accepts: what it is, judging by its first kilobyte,
// and what to do about it. "is an HTML page, not a checkpoint: ...".
std::string DescribeUnknownFile(std::span<const std::byte> bytes);

}  // namespace wsel::checkpoint
