// Torch-free.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace wsel {

// A regular file, mapped read-only; pages are read when first accessed. If
// another program truncates the file while it is mapped, this one dies of
// SIGBUS: checkpoints are replaced by rename, never rewritten in place.
class MappedFile {
 public:
  // Errors: kIo if the file is missing, unreadable, or not a regular file
  // (a folder, a FIFO, a device).
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }

  // Lets the kernel evict the pages that lie entirely in `range`, a part of
  // bytes(); a later access reads them again.
  void Release(std::span<const std::byte> range) const;

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace wsel
