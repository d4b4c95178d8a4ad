#include "zip_writer.h"

#include <zlib.h>

#include <algorithm>
#include <concepts>

namespace wsel::checkpoint {
namespace {

constexpr uint64_t kAlignment = 64;
constexpr uint64_t kLocalSize = 30;
constexpr uint16_t kUtf8Names = 1U << 11U;
constexpr uint16_t kNoDate = 0x21;  // 1 January 1980, the format's epoch
constexpr uint16_t kZip64Id = 1;
constexpr uint16_t kPaddingId = 0x4246;  // "FB", as in torch

// Appends fields, little-endian.
void Put(std::string& out, std::unsigned_integral auto... values) {
  (out.append(reinterpret_cast<const char*>(&values), sizeof(values)), ...);
}

uint16_t VersionNeeded(bool zip64) { return zip64 ? 45 : 20; }

// A field of 32 bits; zip64 has the value elsewhere.
uint32_t Narrow(uint64_t value, bool zip64) {
  return zip64 ? 0xFFFFFFFF : static_cast<uint32_t>(value);
}

// The fields that both headers share, from "version needed" to the sizes.
void PutFields(std::string& out, uint32_t crc, uint64_t size, bool zip64) {
  constexpr uint16_t kStored = 0;
  constexpr uint16_t kNoTime = 0;
  const uint32_t narrow = Narrow(size, zip64);  // compressed or not
  Put(out, VersionNeeded(zip64), kUtf8Names, kStored, kNoTime, kNoDate, crc,
      narrow, narrow);
}

}  // namespace

void ZipWriter::Add(std::string_view name, std::span<const std::byte> data) {
  const Entry& entry = entries_.emplace_back(
      Entry{std::string(name),
            static_cast<uint32_t>(crc32_z(
                0, reinterpret_cast<const Bytef*>(data.data()), data.size())),
            data.size(), file_.offset()});
  file_.Write(LocalHeader(entry));
  file_.Write(data);
}

std::string ZipWriter::LocalHeader(const Entry& entry) const {
  const bool zip64 = entry.size >= zip64_from_;
  std::string extra;
  if (zip64) Put(extra, kZip64Id, uint16_t{16}, entry.size, entry.size);
  const uint64_t data =
      entry.offset + kLocalSize + entry.name.size() + extra.size() + 4;
  const uint64_t padding = (kAlignment - data % kAlignment) % kAlignment;
  Put(extra, kPaddingId, static_cast<uint16_t>(padding));
  extra.append(padding, 'Z');

  std::string out = "PK\x03\x04";
  PutFields(out, entry.crc, entry.size, zip64);
  Put(out, static_cast<uint16_t>(entry.name.size()),
      static_cast<uint16_t>(extra.size()));
  return out + entry.name + extra;
}

std::string ZipWriter::CentralHeader(const Entry& entry) const {
  const bool zip64 = entry.size >= zip64_from_ || entry.offset >= zip64_from_;
  std::string extra;
  if (zip64) {
    Put(extra, kZip64Id, uint16_t{24}, entry.size, entry.size, entry.offset);
  }
  std::string out = "PK\x01\x02";
  Put(out, VersionNeeded(zip64));  // made by
  PutFields(out, entry.crc, entry.size, zip64);
  Put(out, static_cast<uint16_t>(entry.name.size()),
      static_cast<uint16_t>(extra.size()));
  // Comment, disk, internal and external attributes.
  Put(out, uint16_t{0}, uint16_t{0}, uint16_t{0}, uint32_t{0});
  Put(out, Narrow(entry.offset, zip64));
  return out + entry.name + extra;
}

std::string ZipWriter::EndRecords(uint64_t directory_offset) const {
  const uint64_t end = file_.offset();
  const uint64_t size = end - directory_offset;
  const uint64_t count = entries_.size();
  const bool zip64 = directory_offset >= zip64_from_ || size >= zip64_from_ ||
                     count >= std::min<uint64_t>(zip64_from_, 0xFFFF);
  std::string out;
  if (zip64) {
    out += "PK\x06\x06";
    // Remaining size of this record, versions, disks.
    Put(out, uint64_t{44}, uint16_t{45}, uint16_t{45}, uint64_t{0});
    Put(out, count, count, size, directory_offset);
    out += "PK\x06\x07";
    Put(out, uint32_t{0}, end, uint32_t{1});
  }
  out += "PK\x05\x06";
  const auto narrow_count = static_cast<uint16_t>(Narrow(count, zip64));
  Put(out, uint32_t{0}, narrow_count, narrow_count);  // disks, counts
  Put(out, Narrow(size, zip64), Narrow(directory_offset, zip64));
  Put(out, uint16_t{0});  // comment
  return out;
}

void ZipWriter::Finish() {
  const uint64_t directory_offset = file_.offset();
  std::string directory;
  for (const Entry& entry : entries_) directory += CentralHeader(entry);
  file_.Write(directory);
  file_.Write(EndRecords(directory_offset));
}

}  // namespace wsel::checkpoint
