#include "wsel/core/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <string>

#include "core/child_process.h"
#include "temp_folder.h"
#include "wsel/core/error.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string IoErrorOf(const fs::path& path) {
  try {
    const MappedFile file(path);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kIo);
    return e.what();
  }
  ADD_FAILURE() << "threw nothing";
  return "";
}

TEST(MappedFile, HasTheBytesOfTheFile) {
  const TempFolder folder;
  std::ofstream(folder / "in") << "bytes";
  const MappedFile file(folder / "in");
  ASSERT_EQ(file.bytes().size(), 5U);
  EXPECT_EQ(std::memcmp(file.bytes().data(), "bytes", 5), 0);
  EXPECT_EQ(file.path(), folder / "in");
}

TEST(MappedFile, DroppedPagesAreReadAgain) {
  const TempFolder folder;
  std::ofstream(folder / "in") << std::string(100'000, 'x');
  const MappedFile file(folder / "in");
  file.Drop(file.bytes());
  file.Drop(file.bytes().subspan(1, 10));  // less than a page
  file.Drop({});
  for (const std::byte byte : file.bytes()) ASSERT_EQ(byte, std::byte{'x'});
}

TEST(MappedFile, AnEmptyFile) {
  const TempFolder folder;
  std::ofstream(folder / "in").flush();
  const MappedFile file(folder / "in");
  EXPECT_TRUE(file.bytes().empty());
  file.Drop(file.bytes());
}

TEST(MappedFile, MissingFilesAndFolders) {
  const TempFolder folder;
  EXPECT_THAT(IoErrorOf(folder / "in"), HasSubstr("in: No such file"));
  EXPECT_THAT(IoErrorOf(folder / "no/in"), HasSubstr("No such file"));
  EXPECT_THAT(IoErrorOf(folder / std::string(300, 'x')),
              HasSubstr("File name too long"));
  EXPECT_THAT(IoErrorOf(folder.path()), HasSubstr("is a folder"));
}

// Opened without O_NONBLOCK, a FIFO without a writer waits for ever.
TEST(MappedFile, AFifoDoesNotHang) {
  const TempFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(IoErrorOf(folder / "pipe"), HasSubstr("not a regular file"));
}

TEST(MappedFile, ADevice) {
  EXPECT_THAT(IoErrorOf("/dev/zero"), HasSubstr("not a regular file"));
}

TEST(MappedFile, AnUnreadableFile) {
  const TempFolder folder;
  std::ofstream(folder / "in") << "bytes";
  fs::permissions(folder / "in", fs::perms::none);
  fs::permissions(folder.path(), static_cast<fs::perms>(0755));
  EXPECT_EQ(
      ExitCodeOfChild([&] {
        GiveUpRoot();
        return IoErrorOf(folder / "in").ends_with("Permission denied") ? 0 : 1;
      }),
      0);
}

}  // namespace
}  // namespace wsel
