// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace wsel::train {

// A file that grows while a run goes on. What was written is with the operating
// system at once, so a kill of the program loses nothing.
class AppendFile {
 public:
  // Begins an empty file, in place of an old one, or goes on with an old one
  // after its first `resume_at` bytes: what a killed run wrote after its state
  // was saved is cut off. Errors: kIo; kFormat where the old file is shorter,
  // and so not the one that the run left.
  AppendFile(std::filesystem::path path, std::optional<uint64_t> resume_at);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // Errors: kIo, as on a full disk; part of the text may then be written.
  void Write(std::string_view text);

  // Flushes to disk, so that a power cut loses nothing either, and returns the
  // length: what a run's state remembers as `resume_at`. Errors: kIo.
  uint64_t Flush();

  uint64_t bytes() const { return bytes_; }

 private:
  void CutTo(uint64_t length);
  [[noreturn]] void ThrowIo(std::string_view action) const;

  std::filesystem::path path_;
  int fd_ = -1;
  uint64_t bytes_ = 0;
};

}  // namespace wsel::train
