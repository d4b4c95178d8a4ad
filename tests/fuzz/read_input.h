// Torch-free.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "checkpoint/container_readers.h"
#include "wsel/core/error.h"
#include "wsel/core/mapped_file.h"

// Shared by the fuzz targets: one reader opens an input, and either throws a
// format error or all tensors can be read.
namespace wsel::checkpoint {

using Opener = std::function<std::unique_ptr<Checkpoint>(
    std::unique_ptr<MappedFile>, AllocationLimit&)>;
using Reader = std::function<Contents(const MappedFile&, AllocationLimit&)>;

inline Opener OpenBy(const Reader& reader) {
  return [reader](std::unique_ptr<MappedFile> file, AllocationLimit& limit) {
    Contents contents = reader(*file, limit);
    return std::make_unique<MappedCheckpoint>(std::move(file),
                                              std::move(contents));
  };
}

// Keeps the compiler from removing the reads.
inline volatile uint8_t read_sink;

// Reads the tensor's first and last element in memory; all others are between.
inline void TouchCorners(const TensorView& view) {
  int64_t last = 0;
  for (size_t i = 0; i < view.strides.size(); ++i) {
    if (view.spec.shape[i] == 0) return;
    last += (view.spec.shape[i] - 1) * view.strides[i];
  }
  const auto size = static_cast<int64_t>(ItemSize(view.spec.dtype));
  const auto end = static_cast<size_t>((last + 1) * size);
  if (view.bytes.size() != end) std::abort();
  for (const std::byte b : {view.bytes.front(), view.bytes.back()}) {
    read_sink = static_cast<uint8_t>(b);
  }
}

inline void TouchAll(const Checkpoint& file) {
  for (const TensorSpec& spec : file.Specs()) {
    TouchCorners(file.View(spec.name));
  }
  for (const UnsupportedTensor& unsupported : file.unsupported()) {
    if (file.Find(unsupported.name) != nullptr) std::abort();
  }
  for (const std::byte b : file.header()) read_sink = static_cast<uint8_t>(b);
}

inline void ReadFile(const std::filesystem::path& path, const Opener& opener) {
  try {
    auto file = std::make_unique<MappedFile>(path);
    AllocationLimit limit(file->bytes().size());
    TouchAll(*opener(std::move(file), limit));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kFormat) throw;
    if (!error.where().starts_with(path.string())) std::abort();
  }
}

// The same for bytes in memory.
inline void ReadBytes(std::span<const uint8_t> bytes, const Opener& opener) {
  const int fd = memfd_create("fuzz", MFD_CLOEXEC);
  if (write(fd, bytes.data(), bytes.size()) !=
      static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
  ReadFile("/proc/self/fd/" + std::to_string(fd), opener);
  close(fd);
}

inline void ReadBytes(const std::string& bytes, const Opener& opener) {
  ReadBytes(
      std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
      opener);
}

inline bool IsZip(std::span<const uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 'P' && bytes[1] == 'K';
}

}  // namespace wsel::checkpoint
