#include "wsel/core/exit_code.h"

#include <gtest/gtest.h>

namespace wsel {
namespace {

TEST(ExitCode, DeterminesTheKindOfError) {
  for (const auto kind : {ErrorKind::kUsage, ErrorKind::kConfig, ErrorKind::kIo,
                          ErrorKind::kFormat, ErrorKind::kMismatch}) {
    EXPECT_EQ(ErrorKindOf(ExitCodeOf(kind)), kind);
  }
  EXPECT_EQ(ExitCodeOf(ErrorKind::kUsage), 2);
  EXPECT_EQ(ExitCodeOf(ErrorKind::kMismatch), 6);
  EXPECT_EQ(ExitCodeOf(ErrorKind::kInterrupted), 130);
  EXPECT_EQ(ErrorKindOf(kInternalError), ErrorKind::kIo);
  EXPECT_EQ(ErrorKindOf(137), ErrorKind::kIo);  // killed
}

}  // namespace
}  // namespace wsel
