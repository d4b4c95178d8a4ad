// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

namespace wsel {

// An output that appears whole or not at all. Bytes go to a temporary file
// beside the target; Commit() flushes it to disk, lets the caller verify it,
// and renames it over the target, or over the file that a symbolic link leads
// to. Whatever ends the program earlier, an old file at the target stays as it
// was. The temporary file goes with the object; one that a kill left behind is
// named "<target>.tmp.<pid>" and is safe to delete.
class AtomicFile {
 public:
  // Errors: kIo where the folder is missing or cannot be written, or where the
  // target is a folder or a device.
  explicit AtomicFile(const std::filesystem::path& target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Appends. Errors: kIo, as on a full disk.
  void Write(std::span<const std::byte> bytes);
  void Write(std::string_view text);

  // Bytes written so far.
  uint64_t offset() const { return offset_; }

  // `verify` gets the temporary file's path and throws where the content is
  // not what was meant; then nothing is renamed. Errors: kIo.
  void Commit(const std::function<void(const std::filesystem::path&)>& verify =
                  nullptr);

 private:
  [[noreturn]] void ThrowIo(std::string_view action) const;

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  int fd_ = -1;
  uint64_t offset_ = 0;
};

// A whole text file at once. Errors: kIo.
void WriteTextFile(const std::filesystem::path& path, std::string_view text);

}  // namespace wsel
