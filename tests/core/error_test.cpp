#include "wsel/core/error.h"

#include <gtest/gtest.h>

namespace wsel {
namespace {

TEST(Error, PutsWhereBeforeTheMessage) {
  const Error error(ErrorKind::kMismatch, "head.weight", "is missing");
  EXPECT_EQ(error.kind(), ErrorKind::kMismatch);
  EXPECT_EQ(error.where(), "head.weight");
  EXPECT_STREQ(error.what(), "head.weight: is missing");
}

TEST(Error, HasOnlyTheMessageIfWhereIsEmpty) {
  EXPECT_STREQ(Error(ErrorKind::kUsage, "", "no command").what(), "no command");
}

}  // namespace
}  // namespace wsel
