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

// Writes a zip of stored entries whose data begins at multiples of 64 bytes,
// as torch's do, so that they can be memory-mapped. No time stamps.
class ZipWriter {
 public:
  // Sizes, offsets and counts from `zip64_from` on are written as zip64: 4 GB
  // and 65,535, unless a test wants small ones.
  explicit ZipWriter(AtomicFile& file, uint64_t zip64_from = 0xFFFFFFFF);

  // Errors: kIo.
  void Add(std::string_view name, std::span<const std::byte> data);
  void Add(std::string_view name, std::string_view text);
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
