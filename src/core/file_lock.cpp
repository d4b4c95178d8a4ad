#include "wsel/core/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "wsel/core/error.h"

namespace wsel {
namespace {

[[noreturn]] void ThrowIo(const std::filesystem::path& file,
                          const std::string& what, int code) {
  throw Error(ErrorKind::kIo, file.string(),
              what + ": " + std::generic_category().message(code));
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& file, bool wait) {
  fd_ = open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (fd_ < 0) ThrowIo(file, "cannot open lock file", errno);
  int result = 0;
  do {
    result = flock(fd_, LOCK_EX | (wait ? 0 : LOCK_NB));
  } while (result != 0 && errno == EINTR);
  if (result == 0) return;
  const int code = errno;
  close(std::exchange(fd_, -1));
  if (code != EWOULDBLOCK) ThrowIo(file, "cannot lock", code);
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

FileLock::FileLock(FileLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

void CreateOnce(const std::filesystem::path& file,
                const std::function<void()>& create) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  if (error) {
    throw Error(ErrorKind::kIo, file.parent_path().string(),
                "cannot create folder: " + error.message());
  }
  const FileLock lock(std::filesystem::path(file) += ".lock", /*wait=*/true);
  if (!std::filesystem::exists(file)) create();
}

}  // namespace wsel
