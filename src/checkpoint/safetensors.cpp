#include "safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <utility>

#include "byte_cursor.h"
#include "json_tokens.h"
#include "mapped_checkpoint.h"
#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

struct Entry {
  TensorSpec spec;
  uint64_t begin = 0;
  uint64_t end = 0;
};

// Builds the table from SAX events, without a JSON document in memory. The
// snake_case members implement nlohmann's SAX interface.
class HeaderReader {
 public:
  HeaderReader(std::string path, AllocationLimit& limit)
      : path_(std::move(path)), limit_(limit) {}

  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;

  bool start_object(size_t /*count*/) {
    if (state_ == State::kStart) return Go(State::kTop);
    if (state_ != State::kTop) Fail("an object");
    if (key_ == "__metadata__") return StartMetadata();
    return StartTensor();
  }

  bool key(std::string& text) {
    key_ = text;  // a copy, which has no spare capacity
    if (state_ != State::kTensor) return true;
    bool& seen = key_ == "dtype"          ? seen_dtype_
                 : key_ == "shape"        ? seen_shape_
                 : key_ == "data_offsets" ? seen_offsets_
                                          : FailField();
    if (std::exchange(seen, true)) {
      ThrowFormatError(At(),
                       fmt::format("has two values for '{}'; the file is "
                                   "corrupt or malicious, get another copy",
                                   key_));
    }
    return true;
  }

  bool end_object() {
    if (state_ == State::kTensor &&
        !(seen_dtype_ && seen_shape_ && seen_offsets_)) {
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
    if (state_ == State::kMetadata) return AddMetadata(text);
    if (state_ != State::kTensor || key_ != "dtype") Fail("a string");
    const auto dtype = DTypeBySafetensorsTag(text);
    if (!dtype) {
      ThrowFormatError(
          At(), fmt::format("has the unknown dtype {}; convert it to F32 "
                            "with the program that wrote it",
                            Quoted(text)));
    }
    entries.back().spec.dtype = *dtype;
    return true;
  }

  bool number_integer(int64_t /*value*/) { Fail("a negative number"); }
  bool number_float(double /*value*/, const std::string& /*text*/) {
    Fail("a fraction or a number beyond 64 bits");
  }
  bool boolean(bool /*value*/) { Fail("a boolean"); }
  bool null() { Fail("null"); }
  bool binary(nlohmann::json::binary_t& /*value*/) { Fail("binary data"); }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) {
    ThrowFormatError(path_,
                     fmt::format("byte {}: the header is not valid JSON; the "
                                 "file is corrupt, get another copy",
                                 8 + position));
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
    ThrowFormatError(
        state_ >= State::kTensor ? At() : path_,
        fmt::format("the header has {} where the format does not allow it (at "
                    "key {}); the file is corrupt, get another copy",
                    what, Quoted(key_)));
  }

  [[noreturn]] bool& FailField() const {
    ThrowFormatError(At(),
                     fmt::format("has the unknown field {}", Quoted(key_)));
  }

  bool StartMetadata() {
    if (std::exchange(seen_metadata_, true)) {
      ThrowFormatError(path_, "the header has two '__metadata__'");
    }
    return Go(State::kMetadata);
  }

  bool StartTensor() {
    if (entries.size() == kMaxTensors) {
      ThrowFormatError(path_,
                       fmt::format("holds more than {} tensors", kMaxTensors));
    }
    constexpr uint64_t kGrowth = 3 * sizeof(Entry);  // a growing vector's
    limit_.Charge(kBytesPerTensor + kGrowth + key_.size(),
                  AtTensor(path_, key_));
    entries.emplace_back().spec.name = key_;
    seen_dtype_ = seen_shape_ = seen_offsets_ = false;
    offset_count_ = 0;
    return Go(State::kTensor);
  }

  bool AddDimension(uint64_t size) {
    constexpr size_t kMaxRank = 16;
    Shape& shape = entries.back().spec.shape;
    if (size > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      ThrowFormatError(
          At(), fmt::format("has a dimension of {}, which is too large", size));
    }
    if (shape.size() == kMaxRank) {
      ThrowFormatError(At(),
                       fmt::format("has more than {} dimensions", kMaxRank));
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

  bool AddMetadata(std::string& text) {
    if (metadata.size() == kMaxTensors) {
      ThrowFormatError(
          path_,
          fmt::format("__metadata__ has more than {} entries", kMaxTensors));
    }
    limit_.Charge(kBytesPerEntry + key_.size() + text.size(), path_);
    if (!metadata.emplace(key_, std::as_const(text)).second) {
      ThrowFormatError(path_, fmt::format("__metadata__ has two values for {}",
                                          Quoted(key_)));
    }
    return true;
  }

  std::string path_;
  AllocationLimit& limit_;
  State state_ = State::kStart;
  std::string key_;
  bool seen_metadata_ = false;
  bool seen_dtype_ = false;
  bool seen_shape_ = false;
  bool seen_offsets_ = false;
  int offset_count_ = 0;
};

// The bytes that dtype and shape require; nothing on overflow.
std::optional<uint64_t> BytesOf(const TensorSpec& spec) {
  const auto count = Numel(spec.shape);
  uint64_t bytes = 0;
  if (!count || __builtin_mul_overflow(static_cast<uint64_t>(*count),
                                       ItemSize(spec.dtype), &bytes)) {
    return std::nullopt;
  }
  return bytes;
}

void CheckSize(const Entry& entry, const std::string& path) {
  const std::string where = AtTensor(path, entry.spec.name);
  if (entry.begin > entry.end) {
    ThrowFormatError(
        where, fmt::format("has data_offsets that run backwards: [{}, {}]",
                           entry.begin, entry.end));
  }
  const auto bytes = BytesOf(entry.spec);
  if (!bytes) {
    ThrowFormatError(where, fmt::format("has the shape {}, which overflows",
                                        FormatShape(entry.spec.shape)));
  }
  if (*bytes != entry.end - entry.begin) {
    ThrowFormatError(
        where,
        fmt::format("{} {} takes {} bytes, but its data_offsets span {}",
                    Name(entry.spec.dtype), FormatShape(entry.spec.shape),
                    *bytes, entry.end - entry.begin));
  }
}

// The format requires that tensors cover all data without holes or overlap: a
// hole could hide another file, and overlap a decompression-style bomb.
void CheckCoverage(const std::vector<Entry>& entries, uint64_t data_size,
                   const std::string& path) {
  std::vector<size_t> order(entries.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::pair(entries[a].begin, entries[a].end) <
           std::pair(entries[b].begin, entries[b].end);
  });
  uint64_t covered = 0;
  for (const size_t i : order) {
    if (entries[i].begin != covered) {
      ThrowFormatError(
          AtTensor(path, entries[i].spec.name),
          fmt::format("its data begins at {}, but the tensor before it ends at "
                      "{}: they {}; save the file again",
                      entries[i].begin, covered,
                      entries[i].begin < covered ? "overlap" : "leave a hole"));
    }
    covered = entries[i].end;
  }
  if (covered > data_size) {
    ThrowFormatError(path,
                     fmt::format("truncated: the header declares {} bytes of "
                                 "tensors, the file has {}; download it again",
                                 covered, data_size));
  }
  if (covered < data_size) {
    ThrowFormatError(
        path, fmt::format("the header declares {} bytes of tensors, the file "
                          "has {}: the rest is unknown data; get another copy",
                          covered, data_size));
  }
}

uint64_t HeaderLength(ByteCursor& cursor, const std::string& path) {
  const auto length = cursor.ReadInt<uint64_t>();
  if (length > kMaxSafetensorsHeader) {
    ThrowFormatError(path,
                     fmt::format("the header would be {} bytes long, more than "
                                 "{}; this is not a safetensors file",
                                 length, kMaxSafetensorsHeader));
  }
  if (length > cursor.remaining()) {
    ThrowFormatError(path,
                     fmt::format("truncated: the header is {} bytes long, the "
                                 "file has {}; download it again",
                                 length, cursor.remaining()));
  }
  return length;
}

Contents ContentsOf(HeaderReader& header, std::span<const std::byte> data) {
  Contents contents;
  contents.specs.reserve(header.entries.size());
  contents.locations.reserve(header.entries.size());
  for (Entry& entry : header.entries) {
    contents.locations.push_back(
        {{}, data.subspan(entry.begin, entry.end - entry.begin)});
    contents.specs.push_back(std::move(entry.spec));
  }
  contents.metadata = std::move(header.metadata);
  return contents;
}

}  // namespace

std::unique_ptr<Checkpoint> OpenSafetensors(std::unique_ptr<MappedFile> file,
                                            AllocationLimit& limit) {
  const std::string path = file->path().string();
  ByteCursor cursor(file->bytes(), path);
  const std::string_view json = cursor.ReadString(HeaderLength(cursor, path));
  if (!json.starts_with('{')) {
    ThrowFormatError(path, "byte 8: the header does not start with '{'");
  }
  CheckJsonTokens(json, path, 8);
  HeaderReader header(path, limit);
  nlohmann::json::sax_parse(json.begin(), json.end(), &header);
  for (const Entry& entry : header.entries) CheckSize(entry, path);
  const auto data = file->bytes().subspan(cursor.offset());
  CheckCoverage(header.entries, data.size(), path);

  Contents contents = ContentsOf(header, data);
  contents.header = file->bytes().first(cursor.offset());
  return std::make_unique<MappedCheckpoint>(std::move(file),
                                            std::move(contents));
}

}  // namespace wsel::checkpoint
