#include "wsel/checkpoint/allocation_limit.h"

#include <gmock/gmock.h>

#include <memory_resource>
#include <new>
#include <vector>

#include "wsel/core/error.h"

namespace wsel::checkpoint {
namespace {

// Half of what is handed out beyond the size of the file.
constexpr size_t kHalf =
    (AllocationLimit::kLimit - AllocationLimit::kParserReserve) / 2;

TEST(AllocationLimit, ChargesAreFinal) {
  AllocationLimit limit(100);
  limit.Charge(2 * kHalf + 100, "f");
  try {
    limit.Charge(1, "f: tensor 'a'");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    EXPECT_EQ(error.where(), "f: tensor 'a'");
  }
  limit.Charge(0, "f");
  limit.AddFile(1);
  limit.Charge(1, "f");
}

TEST(AllocationLimit, CreditsWhatContainersFree) {
  AllocationLimit limit(0);
  for (int i = 0; i < 3; ++i) {
    std::pmr::vector<char> bytes(&limit);
    bytes.resize(kHalf);
    EXPECT_THROW(bytes.resize(2 * kHalf + 1), std::bad_alloc);
    EXPECT_THROW(limit.Charge(kHalf, "f"), Error);
  }
}

}  // namespace
}  // namespace wsel::checkpoint
