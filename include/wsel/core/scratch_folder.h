// Torch-free.
#pragma once

#include <filesystem>
#include <string_view>

namespace wsel {

// Where temporary files are: TMPDIR, or /tmp. Errors: kIo if it is not a
// folder.
std::filesystem::path TemporaryFolder();

// A folder for temporary files, which is removed with them at the end.
// Errors: kIo if it cannot be made.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace wsel
