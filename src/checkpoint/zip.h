// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wsel::checkpoint {

struct ZipEntry {
  std::string_view name;
  uint16_t method = 0;              // 0: stored
  uint64_t size = 0;                // uncompressed
  uint64_t begin = 0;               // of its local header
  std::span<const std::byte> data;  // as stored in the file
};

// The table of contents of a zip file in memory, zip64 included (APPNOTE.TXT
// 6.3.10). Checkpoints are untrusted, so this is stricter than zip libraries
// are: local and central headers must agree, entries must not overlap or
// repeat, there must be nothing between the central directory and its end
// record, and there are at most 131,072 entries. Checksums are not verified:
// torch can be set to write none.
class ZipArchive {
 public:
  // `bytes` must outlive this object; `path` names it in messages.
  // Errors: kFormat.
  ZipArchive(std::span<const std::byte> bytes, std::string path);

  // Sorted by name.
  const std::vector<ZipEntry>& entries() const { return entries_; }
  // The entry called `name`, or null.
  const ZipEntry* Find(std::string_view name) const;
  // An entry's content. Errors: kFormat if it is compressed.
  std::span<const std::byte> Stored(const ZipEntry& entry) const;
  // The central directory.
  std::span<const std::byte> directory() const { return directory_; }

 private:
  std::string path_;
  std::vector<ZipEntry> entries_;
  std::span<const std::byte> directory_;
};

}  // namespace wsel::checkpoint
