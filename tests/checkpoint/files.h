// Torch-free.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/live_bytes.h"
#include "read_all.h"
#include "temp_folder.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/error.h"

namespace wsel::checkpoint {

inline void WriteAll(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::filesystem::path Golden(const std::string& name) {
  return std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/checkpoint" /
         name;
}

// A file in memory: some tests open thousands, which would wear out a disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes)
      : fd_(memfd_create("wsel-test", MFD_CLOEXEC)) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    EXPECT_EQ(written, static_cast<ssize_t>(bytes.size()));
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::filesystem::path path() const {
    return "/proc/self/fd/" + std::to_string(fd_);
  }

 private:
  int fd_;
};

// The memory that Open() may take for files of `size` bytes.
inline uint64_t MemoryLimit(uint64_t size) { return size + (64U << 20U); }

// The message of the error that Open() throws for a file of these bytes; "" if
// it succeeds. The error must be kFormat and name the file. In either case
// memory must stay within MemoryLimit.
inline std::string OpenError(std::string_view bytes) {
  const MemoryFile file(bytes);
  const auto path = file.path();
  const LivePeak peak;
  std::string message;
  try {
    Open(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat) << error.what();
    EXPECT_TRUE(error.where().starts_with(path.string())) << error.where();
    message = std::string(error.what()).substr(path.string().size());
  }
  EXPECT_LE(peak.bytes(), MemoryLimit(bytes.size())) << message;
  return message;
}

// A tensor's elements in row-major order, for any strides.
template <typename T>
std::vector<T> Elements(const TensorView& view) {
  const Shape& shape = view.spec.shape;
  std::vector<T> out;
  const int64_t count = *Numel(shape);
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i;
    int64_t offset = 0;
    for (size_t d = shape.size(); d-- > 0;) {
      offset += rest % shape[d] * view.strides[d];
      rest /= shape[d];
    }
    T value;
    std::memcpy(&value, view.bytes.data() + offset * int64_t{sizeof(T)},
                sizeof(T));
    out.push_back(value);
  }
  return out;
}

// 0, 1, 2, ...: the content of tensors of scripts/golden/checkpoints.py.
template <typename T>
std::vector<T> Ramp(size_t count) {
  std::vector<T> out;
  for (size_t i = 0; i < count; ++i) out.push_back(static_cast<T>(i));
  return out;
}

inline std::vector<std::string> NamesOf(const Checkpoint& file) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : file.Specs()) names.push_back(spec.name);
  return names;
}

}  // namespace wsel::checkpoint
