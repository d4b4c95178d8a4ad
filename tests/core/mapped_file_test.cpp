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

TEST(MappedFile, HasTheFilesBytes) {
  const TempFolder folder;
  std::ofstream(folder / "in") << "bytes";
  const MappedFile file(folder / "in");
  ASSERT_EQ(file.bytes().size(), 5U);
  EXPECT_EQ(std::memcmp(file.bytes().data(), "bytes", 5), 0);
  EXPECT_EQ(file.path(), folder / "in");
}

TEST(MappedFile, ReadsReleasedPagesAgain) {
  const TempFolder folder;
  std::ofstream(folder / "in") << std::string(100'000, 'x');
  const MappedFile file(folder / "in");
  file.Release(file.bytes());
  file.Release(file.bytes().subspan(1, 10));  // less than a page
  file.Release({});
  for (const std::byte byte : file.bytes()) ASSERT_EQ(byte, std::byte{'x'});
}

TEST(MappedFile, MapsAnEmptyFile) {
  const TempFolder folder;
  std::ofstream(folder / "in").flush();
  const MappedFile file(folder / "in");
  EXPECT_TRUE(file.bytes().empty());
  file.Release(file.bytes());
}

TEST(MappedFile, RejectsMissingFilesAndFolders) {
  const TempFolder folder;
  EXPECT_THAT(IoErrorOf(folder / "in"), HasSubstr("in: No such file"));
  EXPECT_THAT(IoErrorOf(folder / "no/in"), HasSubstr("No such file"));
  EXPECT_THAT(IoErrorOf(folder / std::string(300, 'x')),
              HasSubstr("File name too long"));
  EXPECT_THAT(IoErrorOf(folder.path()), HasSubstr("is a folder"));
}

// Without O_NONBLOCK, opening a FIFO that has no writer blocks forever.
TEST(MappedFile, RejectsAFifoWithoutBlocking) {
  const TempFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(IoErrorOf(folder / "pipe"), HasSubstr("not a regular file"));
}

TEST(MappedFile, RejectsADevice) {
  EXPECT_THAT(IoErrorOf("/dev/zero"), HasSubstr("not a regular file"));
}

TEST(MappedFile, RejectsAnUnreadableFile) {
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
