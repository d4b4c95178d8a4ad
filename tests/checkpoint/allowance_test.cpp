#include "wsel/checkpoint/allowance.h"

#include <gmock/gmock.h>

#include <memory_resource>
#include <new>
#include <vector>

#include "wsel/core/error.h"

namespace wsel::checkpoint {
namespace {

constexpr size_t kHalf = 20U << 20U;  // of what is handed out beyond the file

TEST(Allowance, IsSpentOnce) {
  Allowance allowance(100);
  allowance.Spend(2 * kHalf + 100, "f");
  try {
    allowance.Spend(1, "f: tensor 'a'");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    EXPECT_EQ(error.where(), "f: tensor 'a'");
  }
  allowance.Spend(0, "f");
  allowance.AddFile(1);
  allowance.Spend(1, "f");
}

TEST(Allowance, TakesBackWhatContainersFree) {
  Allowance allowance(0);
  for (int i = 0; i < 3; ++i) {
    std::pmr::vector<char> bytes(&allowance);
    bytes.resize(kHalf);
    EXPECT_THROW(bytes.resize(2 * kHalf + 1), std::bad_alloc);
    EXPECT_THROW(allowance.Spend(kHalf, "f"), Error);
  }
}

}  // namespace
}  // namespace wsel::checkpoint
