#include "wsel/run/event_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <boost/crc.hpp>
#include <charconv>
#include <string_view>
#include <system_error>

namespace wsel::run {
namespace {

constexpr std::string_view kPrefix = "events.out.tfevents.";

std::string LittleEndian(uint64_t value, size_t bytes) {
  std::string out;
  for (size_t i = 0; i < bytes; ++i) {
    out += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  return out;
}

// Protobuf's wire format: a field is a varint of its number and type, followed
// by the value, encoded by type.
enum WireType { kVarint = 0, k64Bits = 1, kBytes = 2, k32Bits = 5 };

std::string Varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) {
    out += static_cast<char>((value & 0x7F) | 0x80);
  }
  out += static_cast<char>(value);
  return out;
}

std::string Tag(unsigned field, WireType type) {
  return Varint(field << 3 | type);
}

std::string BytesField(unsigned field, std::string_view value) {
  return Tag(field, kBytes) + Varint(value.size()) + std::string(value);
}

// event.proto, Event: double wall_time = 1, int64 step = 2, and one of
// string file_version = 3, Summary summary = 5, SessionLog session_log = 7.
std::string Event(double time, int64_t step, std::string_view field) {
  std::string out =
      Tag(1, k64Bits) + LittleEndian(std::bit_cast<uint64_t>(time), 8);
  // proto3 omits a 0.
  if (step != 0) out += Tag(2, kVarint) + Varint(static_cast<uint64_t>(step));
  return out += field;
}

// summary.proto, Summary: repeated Value value = 1; Value: string tag = 1,
// float simple_value = 2, a member of a oneof, so a 0 is written too.
std::string Summary(std::span<const Scalar> scalars) {
  std::string values;
  for (const Scalar& scalar : scalars) {
    const std::string value =
        Tag(2, k32Bits) +
        LittleEndian(std::bit_cast<uint32_t>(scalar.value), 4);
    values += BytesField(1, BytesField(1, scalar.tag) + value);
  }
  return BytesField(5, values);
}

// tsl/lib/io/record_writer.cc: CRCs stored with the data are rotated and
// offset, since the data may itself hold CRCs.
std::string MaskedCrc(std::string_view bytes) {
  // CRC-32C, as in RFC 3720.
  boost::crc_optimal<32, 0x1EDC6F41, ~0U, ~0U, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const uint32_t sum = crc.checksum();
  return LittleEndian(std::rotr(sum, 15) + 0xA282EAD8, 4);
}

std::string Record(std::string_view data) {
  const std::string length = LittleEndian(data.size(), 8);
  return length + MaskedCrc(length) + std::string(data) + MaskedCrc(data);
}

// The seconds in the name of an event file; -1 for any other file.
int64_t SecondOf(std::string_view name) {
  if (!name.starts_with(kPrefix)) return -1;
  name.remove_prefix(kPrefix.size());
  int64_t second = -1;
  std::from_chars(name.data(), name.data() + name.size(), second);
  return second;
}

// TensorBoard reads files in the order of their names, which hold seconds in
// ten digits.
std::filesystem::path NewName(const std::filesystem::path& folder,
                              double time) {
  auto second = static_cast<int64_t>(time);
  std::error_code unreadable;  // opening the new file reports it
  for (const auto& entry :
       std::filesystem::directory_iterator(folder, unreadable)) {
    const int64_t old = SecondOf(entry.path().filename().string());
    if (old < 9'999'999'999) second = std::max(second, old + 1);
  }
  return folder / fmt::format("{}{:010}.wsel", kPrefix, second);
}

}  // namespace

EventFile::EventFile(const std::filesystem::path& folder, double time,
                     std::optional<int64_t> resume_step)
    : path_(NewName(folder, time)), file_(path_, std::nullopt) {
  const std::string version = BytesField(3, "brain.Event:2");
  file_.Write(Record(Event(time, resume_step.value_or(0), version)));
  if (!resume_step) return;
  const std::string status = Tag(1, kVarint) + Varint(1);  // START
  file_.Write(Record(Event(time, *resume_step, BytesField(7, status))));
}

void EventFile::Write(int64_t step, double time,
                      std::span<const Scalar> scalars) {
  file_.Write(Record(Event(time, step, Summary(scalars))));
}

}  // namespace wsel::run
