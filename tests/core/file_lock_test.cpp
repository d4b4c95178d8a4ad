#include "wsel/core/file_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "core/child_process.h"
#include "temp_folder.h"
#include "wsel/core/text_file.h"

namespace {
int flock_error = 0;  // 0: flock works
}  // namespace

// In place of libc's, to stand for file systems without locks.
extern "C" int flock(int fd, int operation) noexcept {
  if (flock_error == 0) {
    return static_cast<int>(syscall(SYS_flock, fd, operation));
  }
  errno = flock_error;
  return -1;
}

namespace wsel {
namespace {

class WithoutLocks : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { flock_error = GetParam(); }
  void TearDown() override { flock_error = 0; }
  TempFolder folder_;
  const std::filesystem::path file_ = folder_ / "lock";
  const std::filesystem::path owner_ = folder_ / "lock.owner";
};

TEST_P(WithoutLocks, AFileKeepsOthersOut) {
  {
    const FileLock lock(file_, /*wait=*/false);
    EXPECT_TRUE(lock.held());
    EXPECT_TRUE(lock.is_file());
    EXPECT_THAT(ReadText(owner_),
                testing::EndsWith(" " + std::to_string(getpid()) + "\n"));
    EXPECT_FALSE(FileLock(file_, /*wait=*/false).held());
    EXPECT_EQ(
        ExitCodeOfChild([&] { return FileLock(file_, /*wait=*/false).held(); }),
        0);
  }
  EXPECT_FALSE(std::filesystem::exists(owner_));
  EXPECT_TRUE(FileLock(file_, /*wait=*/false).held());
}

TEST_P(WithoutLocks, TheFileOfAKilledProcessIsTakenOver) {
  EXPECT_EQ(ExitCodeOfChild([&] {
              new FileLock(file_, /*wait=*/false);  // _exit destroys nothing
              return 0;
            }),
            0);
  EXPECT_TRUE(std::filesystem::exists(owner_));
  EXPECT_TRUE(FileLock(file_, /*wait=*/false).held());
}

// Its process may be running.
TEST_P(WithoutLocks, TheFileOfAnotherHostStays) {
  std::ofstream(owner_) << "elsewhere 999999\n";
  EXPECT_FALSE(FileLock(file_, /*wait=*/false).held());
  EXPECT_TRUE(std::filesystem::exists(owner_));
}

INSTANTIATE_TEST_SUITE_P(FileLock, WithoutLocks,
                         testing::Values(ENOSYS, ENOLCK, EOPNOTSUPP));

TEST(FileLock, IsNoFileWhereThereAreLocks) {
  const TempFolder folder;
  const FileLock lock(folder / "lock", /*wait=*/false);
  EXPECT_TRUE(lock.held());
  EXPECT_FALSE(lock.is_file());
  EXPECT_FALSE(FileLock(folder / "lock", /*wait=*/false).held());
}

}  // namespace
}  // namespace wsel
