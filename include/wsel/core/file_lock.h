// Torch-free.
#pragma once

#include <filesystem>
#include <functional>

namespace wsel {

// A lock between processes, on a file that is created if missing. The operating
// system releases it when this process and all children that inherited its fd
// have ended, even if they were killed.
class FileLock {
 public:
  FileLock() = default;
  // `wait`: blocks until another process releases the lock. Errors: kIo.
  FileLock(const std::filesystem::path& file, bool wait);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

  // Whether this process holds the lock; always true after waiting.
  bool held() const { return fd_ >= 0; }
  // The open file, for a child that should hold the lock too; -1: not held.
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

// Calls `create` if `file` is missing, in one process at a time: concurrent
// callers wait and then find the file. If `create` does not create it, a later
// call tries again. Creates the folder. Errors: kIo; what `create` throws.
void CreateOnce(const std::filesystem::path& file,
                const std::function<void()>& create);

}  // namespace wsel
