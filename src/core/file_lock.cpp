#include "wsel/core/file_lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "wsel/core/error.h"
#include "wsel/core/text_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void ThrowIo(const fs::path& file, const std::string& what,
                          int code) {
  throw Error(ErrorKind::kIo, file.string(),
              what + ": " + std::generic_category().message(code));
}

// What flock reports where the file system has no locks: some network file
// systems, depending on how they are mounted.
bool IsUnsupported(int code) {
  return code == ENOSYS || code == ENOLCK || code == EOPNOTSUPP ||
         code == EINVAL;
}

// "host process".
std::string OwnerText(pid_t process) {
  char host[256] = {};
  gethostname(host, sizeof(host) - 1);
  return std::string(host) + " " + std::to_string(process) + "\n";
}

// Whether an owner's file was left by a process of this host that has ended.
bool IsStale(const fs::path& owner) {
  std::string text;
  try {
    text = ReadText(owner);
  } catch (const Error&) {
    return false;  // just removed, or not readable
  }
  const size_t space = text.rfind(' ');
  if (space == std::string::npos) return false;  // being written
  const auto process =
      static_cast<pid_t>(std::strtol(text.c_str() + space, nullptr, 10));
  return process > 0 && text == OwnerText(process) && kill(process, 0) != 0 &&
         errno == ESRCH;
}

// Creates `owner`, which no two processes can; false if it exists.
bool Create(const fs::path& owner) {
  const int fd =
      open(owner.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
  if (fd < 0 && errno == EEXIST) return false;
  if (fd < 0) ThrowIo(owner, "cannot create file", errno);
  const std::string text = OwnerText(getpid());
  const bool written =
      write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int code = errno;
  close(fd);
  if (written) return true;
  unlink(owner.c_str());
  ThrowIo(owner, "cannot write", code);
}

// Moves a stale file away before it is removed: another process may have
// replaced it meanwhile, and then gets its own back.
bool RemoveStale(const fs::path& owner) {
  if (!IsStale(owner)) return false;
  const fs::path moved = fs::path(owner) += "." + std::to_string(getpid());
  if (rename(owner.c_str(), moved.c_str()) != 0) return false;
  const bool stale = IsStale(moved);
  const bool restored = !stale && link(moved.c_str(), owner.c_str()) == 0;
  if (stale || restored) unlink(moved.c_str());
  return stale;
}

bool TryCreate(const fs::path& owner) {
  return Create(owner) || (RemoveStale(owner) && Create(owner));
}

}  // namespace

FileLock::FileLock(const fs::path& file, bool wait) {
  fd_ = open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (fd_ < 0) ThrowIo(file, "cannot open lock file", errno);
  int result = 0;
  do {
    result = flock(fd_, LOCK_EX | (wait ? 0 : LOCK_NB));
  } while (result != 0 && errno == EINTR);
  if (result == 0) return;
  const int code = errno;
  if (IsUnsupported(code)) {
    CreateOwner(file, wait);
    return;
  }
  close(std::exchange(fd_, -1));
  if (code != EWOULDBLOCK) ThrowIo(file, "cannot lock", code);
}

void FileLock::CreateOwner(const fs::path& file, bool wait) try {
  const fs::path owner = fs::path(file) += ".owner";
  bool created = TryCreate(owner);
  while (!created && wait) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    created = TryCreate(owner);
  }
  if (created) {
    owner_ = owner;
  } else {
    close(std::exchange(fd_, -1));
  }
} catch (...) {
  close(std::exchange(fd_, -1));
  throw;
}

FileLock::~FileLock() {
  if (!owner_.empty()) unlink(owner_.c_str());
  if (fd_ >= 0) close(fd_);
}

FileLock::FileLock(FileLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      owner_(std::exchange(other.owner_, {})) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(owner_, other.owner_);
  return *this;
}

void CreateOnce(const fs::path& file, const std::function<void()>& create) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) {
    throw Error(ErrorKind::kIo, file.parent_path().string(),
                "cannot create folder: " + error.message());
  }
  const FileLock lock(fs::path(file) += ".lock", /*wait=*/true);
  if (!fs::exists(file)) create();
}

}  // namespace wsel
