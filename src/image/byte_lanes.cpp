#include "byte_lanes.h"

#include <cstddef>
#include <cstring>

namespace wsel::image {
namespace {

using Row [[gnu::vector_size(kGroup)]] = uint8_t;

struct Block {
  Row rows[kGroup];
};

// Each round interleaves the first half of the rows with the second; four of
// them exchange rows and columns. With SSE2 that is a quarter of an instruction
// a byte.
void Transpose(Block& block) {
  for (int round = 0; round < 4; ++round) {
    Block mixed;
    for (int64_t i = 0; i < kGroup / 2; ++i) {
      const Row& a = block.rows[i];
      const Row& b = block.rows[i + kGroup / 2];
      mixed.rows[2 * i] = __builtin_shufflevector(
          a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      mixed.rows[2 * i + 1] = __builtin_shufflevector(
          a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    block = mixed;
  }
}

}  // namespace

void ToLanes(const uint8_t* const (&rows)[kGroup], int length, uint8_t* lanes) {
  int i = 0;
  for (; i + kGroup <= length; i += kGroup) {
    Block block;
    for (int r = 0; r < kGroup; ++r) {
      std::memcpy(&block.rows[r], rows[r] + i, kGroup);
    }
    Transpose(block);
    std::memcpy(lanes + static_cast<ptrdiff_t>(i) * kGroup, &block,
                sizeof(block));
  }
  for (; i < length; ++i) {
    uint8_t* lane = lanes + static_cast<ptrdiff_t>(i) * kGroup;
    for (int r = 0; r < kGroup; ++r) lane[r] = rows[r][i];
  }
}

void FromLanes(const uint8_t* lanes, int length, int count,
               uint8_t* const (&rows)[kGroup]) {
  int i = 0;
  for (; i + kGroup <= length; i += kGroup) {
    Block block;
    std::memcpy(&block, lanes + static_cast<ptrdiff_t>(i) * kGroup,
                sizeof(block));
    Transpose(block);
    for (int r = 0; r < count; ++r) {
      std::memcpy(rows[r] + i, &block.rows[r], kGroup);
    }
  }
  for (; i < length; ++i) {
    const uint8_t* lane = lanes + static_cast<ptrdiff_t>(i) * kGroup;
    for (int r = 0; r < count; ++r) rows[r][i] = lane[r];
  }
}

}  // namespace wsel::image
