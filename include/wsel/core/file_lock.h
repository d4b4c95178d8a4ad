// Torch-free.
#pragma once

#include <filesystem>
#include <functional>

namespace wsel {

// A lock between processes, on a file that is created if missing. The operating
// system releases it when this process and all children that inherited its fd
// have ended, even if they were killed. On a file system without locks the lock
// is another file, "<file>.owner", with the host and process that hold it: it
// is removed by the destructor, and by the next process on that host if its
// owner was killed; on another host a person has to remove it.
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
  // Whether the file system has no locks, so that a file stands for this one.
  bool is_file() const { return !owner_.empty(); }

 private:
  void CreateOwner(const std::filesystem::path& file, bool wait);

  int fd_ = -1;
  std::filesystem::path owner_;
};

// Calls `create` if `file` is missing, in one process at a time: concurrent
// callers wait and then find the file. If `create` does not create it, a later
// call tries again. Creates the folder. Errors: kIo; what `create` throws.
void CreateOnce(const std::filesystem::path& file,
                const std::function<void()>& create);

}  // namespace wsel
