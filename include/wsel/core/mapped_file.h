// Torch-free.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace wsel {

// A regular file, mapped read-only. Nothing is read until it is touched. A
// file that another program cuts short while it is mapped ends this one
// (SIGBUS): checkpoints are replaced by rename, never rewritten in place.
class MappedFile {
 public:
  // Errors: kIo where the file is missing, unreadable, or not a regular file
  // (a folder, a FIFO, a device).
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }

  // Lets the kernel take back the pages wholly inside `range`, a part of
  // bytes(); a later touch reads them again.
  void Drop(std::span<const std::byte> range) const;

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace wsel
