#include "wsel/train/run_folder.h"

#include <string>
#include <system_error>

#include "wsel/core/error.h"

namespace wsel::train {
namespace fs = std::filesystem;

RunFolder::RunFolder(fs::path root) : root_(std::move(root)) {
  std::error_code error;
  fs::create_directories(root_, error);
  if (error) {
    throw Error(ErrorKind::kIo, root_.string(),
                "cannot create the run's folder: " + error.message());
  }
  lock_ = FileLock(root_ / "lock", /*wait=*/false);
  if (lock_.held()) return;
  throw Error(ErrorKind::kIo, root_.string(),
              "another wsel process is writing to this folder: wait for it or "
              "choose another --output");
}

fs::path RunFolder::weights(std::string_view which) const {
  return root_ / (std::string(which) + ".safetensors");
}

bool RunFolder::HasRun() const { return fs::exists(config()); }
bool RunFolder::HasState() const { return fs::exists(state()); }

}  // namespace wsel::train
