#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "byte_cursor.h"
#include "container_readers.h"
#include "untrusted_json.h"
#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

struct Entry {
  TensorSpec spec;
  uint64_t begin = 0;
  uint64_t end = 0;
  std::string unknown_dtype =
      {};  // if it has one; spec.dtype says nothing then
};

// Builds the table from SAX events, without a JSON document in memory. The
// snake_case members implement nlohmann's SAX interface.
class HeaderReader {
 public:
  HeaderReader(std::string path, AllocationLimit& limit)
      : path_(std::move(path)), limit_(limit) {}

  std::vector<Entry> entries;
  Metadata metadata;

  bool start_object(size_t /*count*/) {
    if (state_ == State::kStart) return Go(State::kTop);
    if (state_ != State::kTop) Fail("an object");
    if (key_ == "__metadata__") return StartMetadata();
    return StartTensor();
  }

  bool key(std::string& text) {
    key_ = text;  // a copy, which has no spare capacity
    if (state_ != State::kTensor) return true;
    constexpr std::array<std::string_view, 3> kFields = {"dtype", "shape",
                                                         "data_offsets"};
    const size_t field = std::ranges::find(kFields, key_) - kFields.begin();
    if (field == kFields.size()) {
      ThrowFormatError(At(), "has the unknown field {}", Quoted(key_));
    }
    if (seen_fields_.test(field)) {
      ThrowFormatError(At(),
                       "has two values for '{}'; the file is corrupt or "
                       "malicious, get another copy",
                       key_);
    }
    seen_fields_.set(field);
    return true;
  }

  bool end_object() {
    if (state_ == State::kTensor && !seen_fields_.all()) {
      ThrowFormatError(At(),
                       "lacks dtype, shape or data_offsets; save it again");
    }
    return Go(state_ == State::kTop ? State::kEnd : State::kTop);
  }

  bool start_array(size_t /*count*/) {
    if (state_ == State::kTensor && key_ == "shape") return Go(State::kShape);
    if (state_ == State::kTensor && key_ == "data_offsets") {
      return Go(State::kOffsets);
    }
    Fail("an array");
  }

  bool end_array() {
    if (state_ == State::kOffsets && offset_count_ != 2) {
      ThrowFormatError(At(), "has data_offsets that are not [begin, end]");
    }
    return Go(State::kTensor);
  }

  bool number_unsigned(uint64_t value) {
    if (state_ == State::kShape) return AddDimension(value);
    if (state_ == State::kOffsets) return AddOffset(value);
    Fail("a number");
  }

  bool string(std::string& text) {
    if (state_ == State::kMetadata) {
      AddMetadata(metadata, key_, text, path_, "__metadata__ ", limit_);
      return true;
    }
    if (state_ != State::kTensor || key_ != "dtype") Fail("a string");
    const auto dtype = DTypeBySafetensorsTag(text);
    if (dtype) {
      entries.back().spec.dtype = *dtype;
    } else {
      limit_.Charge(kBytesPerEntry + text.size(), At());
      entries.back().unknown_dtype = text;
    }
    return true;
  }

  bool number_integer(int64_t /*value*/) { Fail("a negative number"); }
  bool number_float(double /*value*/, const std::string& /*text*/) {
    Fail("a fraction or a number beyond 64 bits");
  }
  bool boolean(bool /*value*/) { Fail("a boolean"); }
  bool null() {
    // Other programs write a missing "__metadata__" so.
    if (state_ != State::kTop || key_ != "__metadata__") Fail("null");
    return OnlyMetadata();
  }
  bool binary(nlohmann::json::binary_t& /*value*/) { Fail("binary data"); }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) {
    ThrowFormatError(path_,
                     "byte {}: the header is not valid JSON; the file is "
                     "corrupt, get another copy",
                     8 + position);
  }

 private:
  enum class State { kStart, kTop, kMetadata, kTensor, kShape, kOffsets, kEnd };

  bool Go(State state) {
    state_ = state;
    return true;
  }

  std::string At() const {
    return entries.empty() ? path_ : AtTensor(path_, entries.back().spec.name);
  }

  [[noreturn]] void Fail(std::string_view what) const {
    ThrowFormatError(state_ >= State::kTensor ? At() : path_,
                     "the header has {} where the format does not allow it (at "
                     "key {}); the file is corrupt, get another copy",
                     what, Quoted(key_));
  }

  bool OnlyMetadata() {
    if (std::exchange(seen_metadata_, true)) {
      ThrowFormatError(path_, "the header has two '__metadata__'");
    }
    return true;
  }

  bool StartMetadata() { return OnlyMetadata() && Go(State::kMetadata); }

  bool StartTensor() {
    if (entries.size() == kMaxTensors) {
      ThrowFormatError(path_, "holds more than {} tensors", kMaxTensors);
    }
    constexpr uint64_t kGrowth = 3 * sizeof(Entry);  // a growing vector's
    limit_.Charge(kBytesPerTensor + kGrowth + key_.size(),
                  AtTensor(path_, key_));
    entries.emplace_back().spec.name = key_;
    seen_fields_.reset();
    offset_count_ = 0;
    return Go(State::kTensor);
  }

  bool AddDimension(uint64_t size) {
    constexpr size_t kMaxRank = 16;
    Shape& shape = entries.back().spec.shape;
    if (size > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      ThrowFormatError(At(), "has a dimension of {}, which is too large", size);
    }
    if (shape.size() == kMaxRank) {
      ThrowFormatError(At(), "has more than {} dimensions", kMaxRank);
    }
    shape.push_back(static_cast<int64_t>(size));
    return true;
  }

  bool AddOffset(uint64_t offset) {
    if (offset_count_ == 2) {
      ThrowFormatError(At(), "has data_offsets that are not [begin, end]");
    }
    Entry& entry = entries.back();
    (offset_count_++ == 0 ? entry.begin : entry.end) = offset;
    return true;
  }

  std::string path_;
  AllocationLimit& limit_;
  State state_ = State::kStart;
  std::string key_;
  bool seen_metadata_ = false;
  std::bitset<3> seen_fields_;  // of the tensor
  int offset_count_ = 0;
};

void CheckSize(const Entry& entry, const std::string& path) {
  const std::string where = AtTensor(path, entry.spec.name);
  if (entry.begin > entry.end) {
    ThrowFormatError(where, "has data_offsets that run backwards: [{}, {}]",
                     entry.begin, entry.end);
  }
  if (!entry.unknown_dtype.empty()) return;
  const auto bytes = ByteCount(entry.spec);
  if (!bytes) {
    ThrowFormatError(where, "has the shape {}, which overflows",
                     FormatShape(entry.spec.shape));
  }
  if (*bytes != entry.end - entry.begin) {
    ThrowFormatError(where,
                     "{} {} takes {} bytes, but its data_offsets span {}",
                     Name(entry.spec.dtype), FormatShape(entry.spec.shape),
                     *bytes, entry.end - entry.begin);
  }
}

// The format requires that tensors cover all data without holes or overlap: a
// hole could hide another file, and overlap a decompression-style bomb.
void CheckCoverage(const std::vector<Entry>& entries, uint64_t data_size,
                   const std::string& path) {
  std::vector<size_t> order(entries.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) {
    return std::pair(entries[i].begin, entries[i].end);
  });
  uint64_t covered = 0;
  for (const size_t i : order) {
    if (entries[i].begin != covered) {
      ThrowFormatError(AtTensor(path, entries[i].spec.name),
                       "its data begins at {}, but the tensor before it ends "
                       "at {}: they {}; save the file again",
                       entries[i].begin, covered,
                       entries[i].begin < covered ? "overlap" : "leave a hole");
    }
    covered = entries[i].end;
  }
  if (covered > data_size) {
    ThrowFormatError(path,
                     "truncated: the header declares {} bytes of tensors, the "
                     "file has {}; download it again",
                     covered, data_size);
  }
  if (covered < data_size) {
    ThrowFormatError(path,
                     "the header declares {} bytes of tensors, the file has "
                     "{}: the rest is unknown data; get another copy",
                     covered, data_size);
  }
}

// The longest JSON header that is accepted, as in the safetensors library.
constexpr uint64_t kMaxHeader = 100'000'000;

uint64_t HeaderLength(ByteCursor& cursor, const std::string& path) {
  const auto length = cursor.ReadInt<uint64_t>();
  if (length > kMaxHeader) {
    ThrowFormatError(path,
                     "the header would be {} bytes long, more than {}; this is "
                     "not a safetensors file",
                     length, kMaxHeader);
  }
  if (length > cursor.remaining()) {
    ThrowFormatError(path,
                     "truncated: the header is {} bytes long, the file has {}; "
                     "download it again",
                     length, cursor.remaining());
  }
  return length;
}

Contents ContentsOf(HeaderReader& header, std::span<const std::byte> data) {
  Contents contents;
  contents.specs.reserve(header.entries.size());
  contents.locations.reserve(header.entries.size());
  for (Entry& entry : header.entries) {
    if (!entry.unknown_dtype.empty()) {
      contents.unsupported.push_back(
          {std::move(entry.spec.name),
           fmt::format("has the unknown dtype {}; convert it to F32 with the "
                       "program that wrote it",
                       Quoted(entry.unknown_dtype))});
      continue;
    }
    contents.locations.push_back(
        {{}, data.subspan(entry.begin, entry.end - entry.begin)});
    contents.specs.push_back(std::move(entry.spec));
  }
  contents.metadata = std::move(header.metadata);
  return contents;
}

}  // namespace

Contents ReadSafetensors(const MappedFile& file, AllocationLimit& limit) {
  const std::string path = file.path().string();
  ByteCursor cursor(file.bytes(), path);
  const std::string_view json = cursor.ReadString(HeaderLength(cursor, path));
  if (!json.starts_with('{')) {
    ThrowFormatError(path, "byte 8: the header does not start with '{'");
  }
  CheckJsonTokens(json, path, 8);
  HeaderReader header(path, limit);
  nlohmann::json::sax_parse(json.begin(), json.end(), &header);
  for (const Entry& entry : header.entries) CheckSize(entry, path);
  const auto data = file.bytes().subspan(cursor.offset());
  CheckCoverage(header.entries, data.size(), path);
  Contents contents = ContentsOf(header, data);
  contents.header = file.bytes().first(cursor.offset());
  return contents;
}

}  // namespace wsel::checkpoint
