#include "wsel/run/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "wsel/core/error.h"

namespace wsel::run {

AppendFile::AppendFile(std::filesystem::path path,
                       std::optional<uint64_t> resume_at)
    : path_(std::move(path)) {
  const int truncate = resume_at ? 0 : O_TRUNC;
  fd_ = open(path_.c_str(),
             O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | truncate, 0666);
  if (fd_ < 0) ThrowErrno(path_.string(), "cannot open the file for writing");
  if (!resume_at) return;
  try {
    TruncateTo(*resume_at);
  } catch (...) {
    close(fd_);
    throw;
  }
}

AppendFile::~AppendFile() { close(fd_); }

void AppendFile::TruncateTo(uint64_t length) {
  struct stat status = {};
  if (fstat(fd_, &status) != 0) {
    ThrowErrno(path_.string(), "cannot read the file's size");
  }
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size < length) {
    throw Error(ErrorKind::kFormat, path_.string(),
                "has {} bytes, but the saved run had written {}: restore the "
                "run's own file, or start a new run in another folder",
                size, length);
  }
  if (ftruncate(fd_, static_cast<off_t>(length)) != 0) {
    ThrowErrno(path_.string(),
               "cannot truncate the file to where the run was saved");
  }
  bytes_ = length;
}

void AppendFile::Write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd_, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) ThrowErrno(path_.string(), "cannot write");
    bytes_ += static_cast<uint64_t>(n);
    text.remove_prefix(static_cast<size_t>(n));
  }
}

uint64_t AppendFile::Flush() {
  if (fsync(fd_) != 0) ThrowErrno(path_.string(), "cannot flush to disk");
  return bytes_;
}

}  // namespace wsel::run
