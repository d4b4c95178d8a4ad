#include "image/byte_lanes.h"

#include <gtest/gtest.h>

#include <vector>

namespace wsel::image {
namespace {

// Byte i of row r. Lengths are whole blocks, none, and some bytes more.
uint8_t ByteAt(int r, int i) { return static_cast<uint8_t>(7 * r + 31 * i); }

TEST(ByteLanes, HoldTheSameByteOfAllRows) {
  for (const int length : {0, 3, 15, 16, 48, 51, 100}) {
    std::vector<std::vector<uint8_t>> rows(kGroup);
    const uint8_t* from[kGroup];
    for (int r = 0; r < kGroup; ++r) {
      for (int i = 0; i < length; ++i) rows[r].push_back(ByteAt(r, i));
      from[r] = rows[r].data();
    }
    std::vector<uint8_t> lanes(static_cast<size_t>(kGroup * length));
    ToLanes(from, length, lanes.data());
    for (int i = 0; i < length; ++i) {
      for (int r = 0; r < kGroup; ++r) {
        ASSERT_EQ(lanes[i * kGroup + r], ByteAt(r, i)) << length;
      }
    }
    for (const int count : {1, 9, kGroup}) {
      std::vector<std::vector<uint8_t>> back(
          kGroup, std::vector<uint8_t>(static_cast<size_t>(length)));
      uint8_t* to[kGroup];
      for (int r = 0; r < kGroup; ++r) to[r] = back[r].data();
      FromLanes(lanes.data(), length, count, to);
      for (int r = 0; r < kGroup; ++r) {
        const std::vector<uint8_t> zeros(static_cast<size_t>(length));
        EXPECT_EQ(back[r], r < count ? rows[r] : zeros) << length;
      }
    }
  }
}

}  // namespace
}  // namespace wsel::image
