#include "wsel/core/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "wsel/core/error.h"

namespace wsel {
namespace {

std::filesystem::path FolderOf(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : ".";
}

// A rename is durable only once its folder has been flushed.
void FlushFolder(const std::filesystem::path& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // some file systems cannot; the file itself is flushed
  fsync(fd);
  close(fd);
}

// The file that a symbolic link points to, existing or not: the rename would
// replace the link.
std::filesystem::path Resolve(std::filesystem::path target) {
  constexpr int kMaxLinks = 40;  // as in Linux
  std::error_code error;         // an inaccessible target fails at open
  for (int i = 0; i < kMaxLinks; ++i) {
    if (!std::filesystem::is_symlink(target, error)) break;
    const auto next = std::filesystem::read_symlink(target, error);
    if (error) break;
    target = FolderOf(target) / next;  // an absolute `next` replaces it
  }
  return target;
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& target)
    : target_(Resolve(target)),
      temporary_(fmt::format("{}.tmp.{}", target_.string(), getpid())) {
  std::error_code ignored;  // an inaccessible target fails at open
  const auto status = std::filesystem::status(target, ignored);
  if (std::filesystem::is_directory(status)) {
    throw Error(ErrorKind::kIo, target.string(),
                "is a folder; give the path of a file to write");
  }
  // The rename would replace /dev/null itself with a file.
  if (std::filesystem::exists(status) &&
      !std::filesystem::is_regular_file(status)) {
    throw Error(ErrorKind::kIo, target.string(),
                "is not a regular file; give the path of a file to write");
  }
  fd_ =
      open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) ThrowErrno(target_.string(), "cannot create file");
  // The new file keeps the permissions of the old one.
  if (std::filesystem::exists(status)) {
    fchmod(fd_, static_cast<mode_t>(status.permissions()));
  }
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::Write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) ThrowErrno(target_.string(), "cannot write");
    offset_ += static_cast<uint64_t>(n);
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
}

void AtomicFile::Commit(
    const std::function<void(const std::filesystem::path&)>& verify) {
  if (fsync(fd_) != 0) ThrowErrno(target_.string(), "cannot flush to disk");
  if (close(std::exchange(fd_, -1)) != 0) {
    ThrowErrno(target_.string(), "cannot close");
  }
  if (verify) verify(temporary_);
  if (rename(temporary_.c_str(), target_.c_str()) != 0) {
    ThrowErrno(target_.string(), "cannot rename into place");
  }
  temporary_.clear();
  FlushFolder(FolderOf(target_));
}

void WriteTextFile(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.Write(text);
  file.Commit();
}

}  // namespace wsel
