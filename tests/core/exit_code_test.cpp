#include "wsel/core/exit_code.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <system_error>

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

TEST(ReportOf, HasTheCodeAndTextOfEachKindOfException) {
  const auto mismatch =
      ReportOf(Error(ErrorKind::kMismatch, "head", "differs"));
  EXPECT_EQ(mismatch.code, 6);
  EXPECT_EQ(mismatch.text, "head: differs");
  EXPECT_EQ(
      ReportOf(std::system_error(std::make_error_code(std::errc::io_error)))
          .code,
      4);
  EXPECT_EQ(ReportOf(std::bad_alloc()).text, "out of memory");
  const auto bug = ReportOf(std::logic_error("x < 0"));
  EXPECT_EQ(bug.code, kInternalError);
  EXPECT_TRUE(bug.text.starts_with("internal error: x < 0\n"));
}

}  // namespace
}  // namespace wsel
