// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

namespace wsel {

// An output file that is replaced atomically. Bytes go to a temporary file
// beside the target; Commit() flushes it to disk, lets the caller verify it,
// and renames it over the target, or over the file that a symbolic link points
// to. If the program ends before that, an old file at the target is unchanged.
// The destructor deletes the temporary file; one that a killed process left
// behind is named "<target>.tmp.<pid>" and is safe to delete.
class AtomicFile {
 public:
  // Errors: kIo if the folder is missing or not writable, or if the target is a
  // folder or a device.
  explicit AtomicFile(const std::filesystem::path& target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Appends. Errors: kIo, for example if the disk is full.
  void Write(std::span<const std::byte> bytes);
  void Write(std::string_view text) { Write(std::as_bytes(std::span(text))); }

  // Bytes written so far.
  uint64_t offset() const { return offset_; }

  // `verify` receives the temporary file's path and throws if the content is
  // wrong; then nothing is renamed. Errors: kIo.
  void Commit(const std::function<void(const std::filesystem::path&)>& verify =
                  nullptr);

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  int fd_ = -1;
  uint64_t offset_ = 0;
};

// Writes a whole text file atomically. Errors: kIo.
void WriteTextFile(const std::filesystem::path& path, std::string_view text);

}  // namespace wsel
