#include "wsel/core/text_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "temp_folder.h"
#include "wsel/core/error.h"

namespace wsel {
namespace {

std::string IoErrorOf(const std::filesystem::path& path) {
  try {
    ReadText(path);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kIo);
    return e.what();
  }
  ADD_FAILURE() << "threw nothing";
  return "";
}

TEST(ReadText, ReadsTheWholeFile) {
  const TempFolder folder;
  const std::string text("a\r\n\0b\n", 6);
  std::ofstream(folder / "in") << text;
  EXPECT_EQ(ReadText(folder / "in"), text);
  std::ofstream(folder / "empty").flush();
  EXPECT_EQ(ReadText(folder / "empty"), "");
}

TEST(ReadText, LeavesOutAByteOrderMark) {
  const TempFolder folder;
  std::ofstream(folder / "in") << "\xEF\xBB\xBF"
                                  "a\n\xEF\xBB\xBF";
  EXPECT_EQ(ReadText(folder / "in"), "a\n\xEF\xBB\xBF");
}

TEST(ReadText, RejectsMissingFilesFoldersAndHugeFiles) {
  const TempFolder folder;
  EXPECT_THAT(IoErrorOf(folder / "no"), testing::HasSubstr("No such file"));
  EXPECT_THAT(IoErrorOf(folder.path()), testing::HasSubstr("folder"));
  std::ofstream(folder / "huge").flush();  // sparse: takes no space
  std::filesystem::resize_file(folder / "huge", uintmax_t{1} << 40);
  EXPECT_THAT(IoErrorOf(folder / "huge"), testing::HasSubstr("huge: "));
}

}  // namespace
}  // namespace wsel
