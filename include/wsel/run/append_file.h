// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace wsel::run {

// A file that grows while a run is in progress. Writes are unbuffered, so
// killing the process loses nothing that was written.
class AppendFile {
 public:
  // Creates an empty file, replacing an old one. With `resume_at`, opens the
  // old file and truncates it to that length, which drops what a killed run
  // wrote after its state was saved. Errors: kIo; kFormat if the file is
  // shorter than that, and so not the one that the run left.
  AppendFile(std::filesystem::path path, std::optional<uint64_t> resume_at);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // Errors: kIo, for example on a full disk; part of the text may then be
  // written.
  void Write(std::string_view text);

  // Flushes to disk, so that a power cut loses nothing either, and returns the
  // length, which the run state stores as `resume_at`. Errors: kIo.
  uint64_t Flush();

  uint64_t bytes() const { return bytes_; }

 private:
  void TruncateTo(uint64_t length);

  std::filesystem::path path_;
  int fd_ = -1;
  uint64_t bytes_ = 0;
};

}  // namespace wsel::run
