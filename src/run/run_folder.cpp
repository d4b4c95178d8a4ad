#include "wsel/run/run_folder.h"

#include <string>
#include <system_error>

#include "wsel/core/create_folder.h"
#include "wsel/core/error.h"

namespace wsel::run {
namespace fs = std::filesystem;

RunFolder::RunFolder(fs::path root) : root_(std::move(root)) {
  CreateFolder(root_);
  lock_ = FileLock(root_ / kLockFile, /*wait=*/false);
  if (lock_.held()) return;
  const fs::path owner = root_ / (std::string(kLockFile) + ".owner");
  throw Error(ErrorKind::kIo, root_.string(),
              "another wsel process is writing to this folder: wait for it or "
              "choose another `output`{}",
              fs::exists(owner) ? "; if the process that " + owner.string() +
                                      " names has ended, delete that file"
                                : "");
}

fs::path WeightsFile(const fs::path& folder, std::string_view which) {
  return folder / (std::string(which) + ".safetensors");
}

}  // namespace wsel::run
