#include "wsel/train/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "wsel/core/error.h"

namespace wsel::train {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void ThrowIo(const fs::path& path, int code) {
  throw Error(ErrorKind::kIo, path.string(),
              "cannot be written: " + std::generic_category().message(code));
}

}  // namespace

RunFolder::RunFolder(fs::path root) : root_(std::move(root)) {
  std::error_code error;
  fs::create_directories(root_, error);
  if (error) ThrowIo(root_, error.value());
  const fs::path lock = root_ / "lock";
  lock_ = open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (lock_ < 0) ThrowIo(lock, errno);
  // The system lets go of it when this process ends, however it ends.
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
  close(lock_);
  throw Error(ErrorKind::kIo, root_.string(),
              "another wsel process is writing here: wait for it or choose "
              "another --output");
}

RunFolder::~RunFolder() { close(lock_); }

fs::path RunFolder::weights(std::string_view which) const {
  return root_ / (std::string(which) + ".safetensors");
}

bool RunFolder::HasRun() const { return fs::exists(config()); }
bool RunFolder::HasState() const { return fs::exists(state()); }

}  // namespace wsel::train
