#include "wsel/core/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <stdexcept>
#include <string>

#include "core/child_process.h"
#include "temp_folder.h"
#include "wsel/core/error.h"
#include "wsel/core/text_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

void WriteText(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.Write(text);
  file.Commit();
}

std::string IoErrorOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kIo);
    return e.what();
  }
  ADD_FAILURE() << "threw nothing";
  return "";
}

TEST(AtomicFile, WritesAndReplaces) {
  const TempFolder folder;
  WriteText(folder / "out", "old");
  AtomicFile file(folder / "out");
  file.Write("ne");
  file.Write("w");
  EXPECT_EQ(file.offset(), 3U);
  EXPECT_EQ(ReadText(folder / "out"), "old");
  file.Commit();
  EXPECT_EQ(ReadText(folder / "out"), "new");
  EXPECT_EQ(folder.FileCount(), 1U);
}

TEST(AtomicFile, WritesAnEmptyFile) {
  const TempFolder folder;
  WriteText(folder / "out", "");
  EXPECT_EQ(ReadText(folder / "out"), "");
  EXPECT_EQ(folder.FileCount(), 1U);
}

TEST(AtomicFile, WritesNothingWithoutCommit) {
  const TempFolder folder;
  { AtomicFile(folder / "out").Write("half"); }
  EXPECT_EQ(folder.FileCount(), 0U);
}

TEST(AtomicFile, KeepsTheOldFileIfTheWriterDies) {
  const TempFolder folder;
  WriteText(folder / "out", "old");
  EXPECT_EQ(ExitCodeOfChild([&] {
              AtomicFile file(folder / "out");
              file.Write("half");
              _exit(7);
              return 0;
            }),
            7);
  EXPECT_EQ(ReadText(folder / "out"), "old");
  EXPECT_EQ(folder.FileCount(), 2U);  // "<target>.tmp.<pid>" is left behind
  WriteText(folder / "out", "new");   // and does no harm
  EXPECT_EQ(ReadText(folder / "out"), "new");
}

TEST(AtomicFile, VerifiesBeforeTheRename) {
  const TempFolder folder;
  WriteText(folder / "out", "old");
  AtomicFile file(folder / "out");
  file.Write("new");
  file.Commit([&](const fs::path& temporary) {
    EXPECT_EQ(ReadText(temporary), "new");
    EXPECT_EQ(ReadText(folder / "out"), "old");
  });
  EXPECT_EQ(ReadText(folder / "out"), "new");
}

TEST(AtomicFile, KeepsTheOldFileIfVerifyThrows) {
  const TempFolder folder;
  WriteText(folder / "out", "old");
  const auto reject = [](const fs::path&) { throw std::logic_error("bad"); };
  {
    AtomicFile file(folder / "out");
    file.Write("new");
    EXPECT_THROW(file.Commit(reject), std::logic_error);
  }
  EXPECT_EQ(ReadText(folder / "out"), "old");
  EXPECT_EQ(folder.FileCount(), 1U);
}

TEST(AtomicFile, RejectsAFullDisk) {
  const TempFolder folder;
  WriteText(folder / "out", "old");
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tiny{1000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tiny);
  const std::string message = IoErrorOf([&] {
    AtomicFile file(folder / "out");
    file.Write(std::string(4000, 'x'));
  });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(message, HasSubstr("out: cannot write: "));
  EXPECT_EQ(ReadText(folder / "out"), "old");
  EXPECT_EQ(folder.FileCount(), 1U);
}

TEST(AtomicFile, RejectsAMissingFolder) {
  const TempFolder folder;
  EXPECT_THAT(IoErrorOf([&] { AtomicFile file(folder / "no/out"); }),
              HasSubstr("cannot create file: No such file"));
}

TEST(AtomicFile, RejectsAReadOnlyFolder) {
  const TempFolder folder;
  fs::permissions(folder.path(), static_cast<fs::perms>(0555));
  EXPECT_EQ(ExitCodeOfChild([&] {
              GiveUpRoot();
              try {
                AtomicFile file(folder / "out");
                return 1;
              } catch (const Error& e) {
                return e.kind() == ErrorKind::kIo ? 0 : 2;
              }
            }),
            0);
  EXPECT_EQ(folder.FileCount(), 0U);
}

TEST(AtomicFile, KeepsASymbolicLinkAndReplacesItsTarget) {
  const TempFolder folder;
  WriteText(folder / "real", "old");
  fs::create_symlink("real", folder / "link");
  WriteText(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  fs::create_symlink("not_yet", folder / "dangling");
  WriteText(folder / "dangling", "new");
  EXPECT_EQ(ReadText(folder / "not_yet"), "new");
  EXPECT_EQ(ReadText(folder / "real"), "new");
}

TEST(AtomicFile, KeepsTheModeOfTheFileItReplaces) {
  const TempFolder folder;
  WriteText(folder / "out", "old");
  fs::permissions(folder / "out", fs::perms::owner_read |
                                      fs::perms::owner_write |
                                      fs::perms::group_read);
  WriteText(folder / "out", "new");
  EXPECT_EQ(static_cast<int>(fs::status(folder / "out").permissions()), 0640);
}

TEST(AtomicFile, RejectsAFolder) {
  const TempFolder folder;
  EXPECT_THAT(IoErrorOf([&] { AtomicFile file(folder.path()); }),
              HasSubstr("is a folder"));
}

// A rename would replace /dev/null with a file, for all programs.
TEST(AtomicFile, RejectsADevice) {
  const TempFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(IoErrorOf([&] { AtomicFile file(folder / "pipe"); }),
              HasSubstr("not a regular file"));
  EXPECT_THAT(IoErrorOf([&] { AtomicFile file("/dev/null"); }),
              HasSubstr("not a regular file"));
}

TEST(AtomicFile, RejectsATooLongName) {
  const TempFolder folder;
  EXPECT_THAT(
      IoErrorOf([&] { AtomicFile file(folder / std::string(300, 'x')); }),
      HasSubstr("File name too long"));
}

}  // namespace
}  // namespace wsel
