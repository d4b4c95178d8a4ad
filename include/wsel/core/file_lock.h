// Torch-free.
#pragma once

#include <filesystem>
#include <functional>

namespace wsel {

// A lock between processes, on a file that is made where it is missing. The
// system lets go when the process has ended, and with it the children that were
// handed the lock, however they end.
class FileLock {
 public:
  FileLock() = default;
  // `wait`: until another process lets go. Errors: kIo.
  FileLock(const std::filesystem::path& file, bool wait);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

  // Whether this process has it; never false after waiting.
  bool held() const { return fd_ >= 0; }
  // The open file, for a child that is to hold the lock too; -1: not held.
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

// Calls `make` where `file` is missing, once among all processes that ask: the
// others wait for it. Whether `make` makes the file is its own affair: a later
// call tries again. Makes the folder. Errors: kIo; what `make` throws.
void MakeOnce(const std::filesystem::path& file,
              const std::function<void()>& make);

}  // namespace wsel
