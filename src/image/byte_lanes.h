// Torch-free.
#pragma once

#include <cstdint>

namespace wsel::image {

// Bytes that are transposed together: 16 rows of 16.
constexpr int kGroup = 16;

// Writes byte i of rows[r] to lanes[i * kGroup + r], for all i below `length`:
// adjacent in memory are then the same byte of kGroup rows, on which loops
// vectorise.
void ToLanes(const uint8_t* const (&rows)[kGroup], int length, uint8_t* lanes);

// The reverse, for the first `count` of `rows`.
void FromLanes(const uint8_t* lanes, int length, int count,
               uint8_t* const (&rows)[kGroup]);

}  // namespace wsel::image
