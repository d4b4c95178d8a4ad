#include "wsel/core/output_tail.h"

#include <gtest/gtest.h>

#include "temp_folder.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

TEST(Tail, IsTheLastLinesAfterRedraws) {
  const TempFolder folder;
  EXPECT_EQ(Tail(folder / "missing", 3), "");
  WriteTextFile(folder / "f", std::string(100'000, 'x') +
                                  "\na\nb 1%\rb 2%\nwsel: what: went wrong\nc");
  EXPECT_EQ(Tail(folder / "f", 3), "b 2%\nwsel: what: went wrong\nc\n");
  EXPECT_EQ(LastError(Tail(folder / "f", 3)), "what: went wrong");
  EXPECT_EQ(LastError("one\ntwo\n \n\n"), "two");
  EXPECT_EQ(LastError("\n"), "no output");
}

}  // namespace
}  // namespace wsel
