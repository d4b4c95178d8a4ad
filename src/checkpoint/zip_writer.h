// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/atomic_file.h"

namespace wsel::checkpoint {

// Writes a zip of uncompressed entries with data aligned to 64 bytes, as
// torch does, so that it can be memory-mapped. No timestamps.
class ZipWriter {
 public:
  // Sizes, offsets and counts of `zip64_from` or more are written as zip64; the
  // default is the format's limit, and tests set less.
  explicit ZipWriter(AtomicFile& file, uint64_t zip64_from = 0xFFFFFFFF)
      : file_(file), zip64_from_(zip64_from) {}

  // Errors: kIo.
  void Add(std::string_view name, std::span<const std::byte> data);
  void Add(std::string_view name, std::string_view text) {
    Add(name, std::as_bytes(std::span(text)));
  }
  // Writes the central directory.
  void Finish();

 private:
  struct Entry {
    std::string name;
    uint32_t crc;
    uint64_t size;
    uint64_t offset;
  };
  std::string LocalHeader(const Entry& entry) const;
  std::string CentralHeader(const Entry& entry) const;
  std::string EndRecords(uint64_t directory_offset) const;

  AtomicFile& file_;
  uint64_t zip64_from_;
  std::vector<Entry> entries_;
};

}  // namespace wsel::checkpoint
