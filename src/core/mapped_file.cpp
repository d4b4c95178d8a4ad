#include "wsel/core/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "wsel/core/error.h"

namespace wsel {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void ThrowIo(const std::filesystem::path& path) {
  throw Error(ErrorKind::kIo, path.string(),
              std::generic_category().message(errno));
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  // O_NONBLOCK: opening a FIFO without a writer must not block.
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (fd.get() < 0 || fstat(fd.get(), &info) != 0) ThrowIo(path);
  if (!S_ISREG(info.st_mode)) {
    throw Error(ErrorKind::kIo, path.string(),
                S_ISDIR(info.st_mode) ? "is a folder; give the path of a file"
                                      : "is not a regular file");
  }
  size_ = static_cast<size_t>(info.st_size);
  if (size_ == 0) return;  // mmap fails for length 0
  void* map = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (map == MAP_FAILED) ThrowIo(path);
  data_ = static_cast<const std::byte*>(map);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::Release(std::span<const std::byte> range) const {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto first = reinterpret_cast<uintptr_t>(range.data());
  const uintptr_t begin = (first + page - 1) / page * page;
  const uintptr_t end = (first + range.size()) / page * page;
  if (begin >= end) return;
  // Only a hint: a failure just leaves more memory resident.
  auto* data = const_cast<std::byte*>(range.data());
  madvise(data + (begin - first), end - begin, MADV_DONTNEED);
}

}  // namespace wsel
