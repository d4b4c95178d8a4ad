#include "wsel/run/event_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <boost/crc.hpp>
#include <charconv>
#include <string_view>
#include <system_error>

#include "protobuf.h"

namespace wsel::run {
namespace {

constexpr std::string_view kPrefix = "events.out.tfevents.";

// event.proto, Event: double wall_time = 1, int64 step = 2, and one of
// string file_version = 3, Summary summary = 5, SessionLog session_log = 7.
std::string Event(double time, int64_t step, std::string_view field) {
  return Tag(1, Wire::k64Bits) +
         LittleEndian(std::bit_cast<uint64_t>(time), 8) +
         IntegerField(2, step) + std::string(field);
}

// summary.proto, Summary: repeated Value value = 1; Value: string tag = 1,
// float simple_value = 2, a member of a oneof, so a 0 is written too.
std::string Summary(std::span<const Scalar> scalars) {
  std::string values;
  for (const Scalar& scalar : scalars) {
    const std::string value =
        Tag(2, Wire::k32Bits) +
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
  const std::string status = IntegerField(1, 1);  // START
  file_.Write(Record(Event(time, *resume_step, BytesField(7, status))));
}

void EventFile::Write(int64_t step, double time,
                      std::span<const Scalar> scalars) {
  file_.Write(Record(Event(time, step, Summary(scalars))));
}

}  // namespace wsel::run
