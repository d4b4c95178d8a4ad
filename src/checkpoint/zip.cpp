#include "zip.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "byte_cursor.h"
#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

constexpr uint32_t kLocalHeader = 0x04034B50;
constexpr uint32_t kCentralHeader = 0x02014B50;
constexpr uint32_t kEnd = 0x06054B50;
constexpr uint32_t kEnd64 = 0x06064B50;
constexpr uint32_t kLocator64 = 0x07064B50;
constexpr size_t kCentralSize = 46;  // without the name
constexpr size_t kEndSize = 22;
constexpr size_t kEnd64Size = 56;
constexpr size_t kLocator64Size = 20;
constexpr uint32_t kSeeZip64 = 0xFFFFFFFF;  // "look in the zip64 record"
constexpr uint16_t kSeeZip64Short = 0xFFFF;

// A torch zip has one entry per storage and a few more.
constexpr size_t kMaxEntries = 131'072;

constexpr uint16_t kEncrypted = 1U << 0U;
constexpr uint16_t kSizesFollow = 1U << 3U;  // local sizes may be zero

using Bytes = std::span<const std::byte>;

struct Directory {
  uint64_t count = 0;
  uint64_t size = 0;
  uint64_t offset = 0;
  uint64_t end = 0;  // where the end records begin
};

// The fields that both headers of an entry have.
struct Header {
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t crc = 0;
  uint64_t compressed = 0;
  uint64_t size = 0;
  std::string_view name;
};

std::string AtEntry(const std::string& path, std::string_view name) {
  return fmt::format("{}: {}", path, Quoted(name));
}

ByteCursor CursorAt(Bytes bytes, uint64_t offset, const std::string& path) {
  if (offset > bytes.size()) {
    ThrowFormatError(path,
                     "the zip directory points to byte {}, beyond the file's "
                     "end; download it again",
                     offset);
  }
  return {bytes.subspan(offset), fmt::format("{}: byte {}", path, offset)};
}

bool HasSignature(Bytes bytes, uint64_t offset, uint32_t signature) {
  if (offset > bytes.size() || bytes.size() - offset < 4) return false;
  return ByteCursor(bytes.subspan(offset), "").ReadInt<uint32_t>() == signature;
}

// The end record is followed by a comment of up to 65,535 bytes, so the search
// starts at the end, and the comment's length must match the rest of the file.
uint64_t FindEnd(Bytes bytes, const std::string& path) {
  if (bytes.size() >= kEndSize) {
    const uint64_t last = bytes.size() - kEndSize;
    for (uint64_t back = 0; back <= std::min<uint64_t>(last, 65535); ++back) {
      if (!HasSignature(bytes, last - back, kEnd)) continue;
      ByteCursor comment(bytes.subspan(last - back + 20), path);
      if (comment.ReadInt<uint16_t>() == back) return last - back;
    }
  }
  ThrowFormatError(path,
                   "truncated: the directory at the end of the zip file is "
                   "missing; download it again");
}

void CheckEqual(uint64_t narrow, uint64_t wide, uint64_t see_zip64,
                const std::string& path) {
  if (narrow != see_zip64 && narrow != wide) {
    ThrowFormatError(
        path, "the two end records of the zip file contradict each other");
  }
}

void ReadEnd64(Bytes bytes, uint64_t end, const std::string& path,
               Directory& directory) {
  ByteCursor locator = CursorAt(bytes, end - kLocator64Size + 8, path);
  const auto offset = locator.ReadInt<uint64_t>();
  if (offset > end - kLocator64Size ||
      end - kLocator64Size - offset < kEnd64Size ||
      !HasSignature(bytes, offset, kEnd64)) {
    ThrowFormatError(path,
                     "the zip64 locator does not point to a zip64 end record");
  }
  ByteCursor record = CursorAt(bytes, offset, path);
  record.ReadBytes(24);  // signature, sizes, versions, disk numbers
  const auto here = record.ReadInt<uint64_t>();
  directory.count = record.ReadInt<uint64_t>();
  if (here != directory.count) {
    ThrowFormatError(
        path, "is one part of a multi-part zip file; join the parts first");
  }
  directory.size = record.ReadInt<uint64_t>();
  directory.offset = record.ReadInt<uint64_t>();
  directory.end = offset;
}

Directory FindDirectory(Bytes bytes, const std::string& path) {
  const uint64_t end = FindEnd(bytes, path);
  ByteCursor cursor = CursorAt(bytes, end + 4, path);
  cursor.ReadBytes(4);  // disk numbers
  const auto here = cursor.ReadInt<uint16_t>();
  const auto count = cursor.ReadInt<uint16_t>();
  const auto size = cursor.ReadInt<uint32_t>();
  const auto offset = cursor.ReadInt<uint32_t>();
  if (here != count) {
    ThrowFormatError(
        path, "is one part of a multi-part zip file; join the parts first");
  }
  Directory directory{count, size, offset, end};
  if (end >= kLocator64Size &&
      HasSignature(bytes, end - kLocator64Size, kLocator64)) {
    ReadEnd64(bytes, end, path, directory);
    CheckEqual(count, directory.count, kSeeZip64Short, path);
    CheckEqual(size, directory.size, kSeeZip64, path);
    CheckEqual(offset, directory.offset, kSeeZip64, path);
  }
  return directory;
}

Bytes DirectoryBytes(Bytes bytes, const Directory& directory,
                     const std::string& path) {
  if (directory.size > directory.end ||
      directory.offset != directory.end - directory.size) {
    ThrowFormatError(
        path,
        "the zip directory would span bytes {} to {}, but its end record "
        "begins at {}; bytes were removed or inserted, download it again",
        directory.offset, directory.offset + directory.size, directory.end);
  }
  return bytes.subspan(directory.offset, directory.size);
}

// Reads the sizes that do not fit 32 bits, in the format's fixed order.
void ReadZip64Extra(Bytes extra, const std::string& where, Header& header,
                    uint64_t& offset) {
  ByteCursor cursor(extra, where);
  while (cursor.remaining() >= 4) {
    const auto id = cursor.ReadInt<uint16_t>();
    const Bytes field = cursor.ReadBytes(cursor.ReadInt<uint16_t>());
    if (id != 1) continue;
    ByteCursor wide(field, where);
    if (header.size == kSeeZip64) header.size = wide.ReadInt<uint64_t>();
    if (header.compressed == kSeeZip64) {
      header.compressed = wide.ReadInt<uint64_t>();
    }
    if (offset == kSeeZip64) offset = wide.ReadInt<uint64_t>();
    return;
  }
}

// Reads flags to sizes, which are in the same order in both headers.
Header ReadFields(ByteCursor& cursor) {
  Header header;
  header.flags = cursor.ReadInt<uint16_t>();
  header.method = cursor.ReadInt<uint16_t>();
  cursor.ReadBytes(4);  // time and date
  header.crc = cursor.ReadInt<uint32_t>();
  header.compressed = cursor.ReadInt<uint32_t>();
  header.size = cursor.ReadInt<uint32_t>();
  return header;
}

std::pair<Header, uint64_t> ReadCentral(ByteCursor& cursor,
                                        const std::string& path) {
  if (cursor.ReadInt<uint32_t>() != kCentralHeader) {
    ThrowFormatError(path, "the zip directory has an invalid entry");
  }
  cursor.ReadBytes(4);  // versions
  Header header = ReadFields(cursor);
  const auto name_length = cursor.ReadInt<uint16_t>();
  const auto extra_length = cursor.ReadInt<uint16_t>();
  const auto comment_length = cursor.ReadInt<uint16_t>();
  cursor.ReadBytes(8);  // disk number, attributes
  uint64_t offset = cursor.ReadInt<uint32_t>();
  header.name = cursor.ReadString(name_length);
  ReadZip64Extra(cursor.ReadBytes(extra_length), path, header, offset);
  cursor.ReadBytes(comment_length);
  return {header, offset};
}

bool Agrees(uint64_t local, uint64_t central, uint16_t flags) {
  return local == central || local == kSeeZip64 ||
         (local == 0 && (flags & kSizesFollow) != 0);
}

// Where the entry's data begins. Only the local header determines it: its extra
// field, in which torch puts padding, may differ from the central one.
uint64_t DataOffset(Bytes bytes, uint64_t begin, const Header& central,
                    const std::string& path) {
  const std::string where = AtEntry(path, central.name);
  ByteCursor cursor = CursorAt(bytes, begin, path);
  if (cursor.ReadInt<uint32_t>() != kLocalHeader) {
    ThrowFormatError(where, "no zip entry begins at byte {}", begin);
  }
  cursor.ReadBytes(2);  // version
  const Header local = ReadFields(cursor);
  const auto name_length = cursor.ReadInt<uint16_t>();
  const auto extra_length = cursor.ReadInt<uint16_t>();
  if (cursor.ReadString(name_length) != central.name ||
      local.method != central.method ||
      !Agrees(local.size, central.size, local.flags) ||
      !Agrees(local.compressed, central.compressed, local.flags) ||
      !Agrees(local.crc, central.crc, local.flags)) {
    ThrowFormatError(
        where,
        "the zip entry and the zip directory contradict each other; the file "
        "is corrupt or malicious, get another copy");
  }
  cursor.ReadBytes(extra_length);
  return begin + cursor.offset();
}

ZipEntry Locate(Bytes before_directory, const Header& header, uint64_t begin,
                const std::string& path) {
  const std::string where = AtEntry(path, header.name);
  if ((header.flags & kEncrypted) != 0) {
    ThrowFormatError(where, "is encrypted; unpack it with its password first");
  }
  if (header.method == 0 && header.compressed != header.size) {
    ThrowFormatError(where,
                     "is stored uncompressed, but with two different sizes");
  }
  const uint64_t data = DataOffset(before_directory, begin, header, path);
  if (header.compressed > before_directory.size() - data) {
    ThrowFormatError(where,
                     "truncated: the entry declares {} bytes, the file has {}; "
                     "download it again",
                     header.compressed, before_directory.size() - data);
  }
  return {header.name, header.method, header.size, begin,
          before_directory.subspan(data, header.compressed)};
}

// Overlapping entries let a small zip file unpack to a huge one.
void CheckOverlap(std::vector<ZipEntry>& entries, Bytes bytes,
                  const std::string& path) {
  std::ranges::sort(entries, {}, &ZipEntry::begin);
  uint64_t covered = 0;
  for (const ZipEntry& entry : entries) {
    if (entry.begin < covered) {
      ThrowFormatError(AtEntry(path, entry.name),
                       "overlaps another entry of the zip file; the file is "
                       "corrupt or malicious, get another copy");
    }
    covered = static_cast<uint64_t>(entry.data.data() - bytes.data()) +
              entry.data.size();
  }
}

void CheckDistinct(std::vector<ZipEntry>& entries, const std::string& path) {
  std::ranges::sort(entries, {}, &ZipEntry::name);
  const auto twice = std::ranges::adjacent_find(entries, {}, &ZipEntry::name);
  if (twice != entries.end()) {
    ThrowFormatError(AtEntry(path, twice->name),
                     "is in the zip file twice; the file is corrupt or "
                     "malicious, get another copy");
  }
}

}  // namespace

ZipArchive::ZipArchive(Bytes bytes, std::string path) : path_(std::move(path)) {
  const Directory directory = FindDirectory(bytes, path_);
  directory_ = DirectoryBytes(bytes, directory, path_);
  if (directory.count > kMaxEntries) {
    ThrowFormatError(
        path_,
        "the zip directory declares {} entries, more than the limit of {}",
        directory.count, kMaxEntries);
  }
  entries_.reserve(
      std::min<size_t>(directory.count, directory.size / kCentralSize));
  ByteCursor cursor(directory_, path_ + ": zip directory");
  while (cursor.remaining() > 0 && entries_.size() <= directory.count) {
    const auto [header, begin] = ReadCentral(cursor, path_);
    entries_.push_back(
        Locate(bytes.first(directory.offset), header, begin, path_));
  }
  if (entries_.size() != directory.count) {
    ThrowFormatError(
        path_,
        "the zip directory declares {} entries and has {}; download it again",
        directory.count, entries_.size());
  }
  CheckOverlap(entries_, bytes, path_);
  CheckDistinct(entries_, path_);
}

const ZipEntry* ZipArchive::Find(std::string_view name) const {
  const auto at = std::ranges::lower_bound(entries_, name, {}, &ZipEntry::name);
  return at == entries_.end() || at->name != name ? nullptr : &*at;
}

Bytes ZipArchive::Stored(const ZipEntry& entry) const {
  if (entry.method != 0) {
    ThrowFormatError(
        AtEntry(path_, entry.name),
        "is compressed, but torch never compresses tensors: the file was "
        "unpacked and zipped again; use the original, or zip it with -0");
  }
  return entry.data;
}

}  // namespace wsel::checkpoint
