#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "throws.h"
#include "wsel/select/family.h"

namespace wsel::select {
namespace {

TEST(SizesFromText, ReadsEachNameOnce) {
  EXPECT_EQ(SizesFromText({"width=192", "inner.heads=3"}, "student_size"),
            (Sizes{{"width", 192}, {"inner.heads", 3}}));
  ExpectError(
      [] {
        SizesFromText({"width=192", "width=96"}, "student_size");
      },
      ErrorKind::kUsage, {"student_size: gives 'width' twice"});
}

TEST(SizesFromText, RejectsWhatIsNotANumberOfAName) {
  for (const char* text : {"width", "width=", "=3", "width=3x", ""}) {
    ExpectError([&] { SizesFromText({text}, "student_size"); },
                ErrorKind::kUsage, {"is not of the form name=number"});
  }
}

}  // namespace
}  // namespace wsel::select
