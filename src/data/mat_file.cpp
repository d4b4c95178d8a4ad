#include "mat_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "gzip.h"
#include "wsel/checkpoint/format_error.h"

namespace wsel::data {
namespace {

using checkpoint::ThrowFormatError;
using ByteSpan = std::span<const uint8_t>;

constexpr size_t kFileHeader = 128;
constexpr size_t kTag = 8;

// Element types.
enum Type : uint32_t {
  kInt8 = 1,
  kUint8 = 2,
  kInt16 = 3,
  kUint16 = 4,
  kInt32 = 5,
  kUint32 = 6,
  kSingle = 7,
  kDouble = 9,
  kInt64 = 12,
  kUint64 = 13,
  kMatrix = 14,
  kCompressed = 15,
};

// Array classes; the values may be stored as a smaller type.
constexpr uint8_t kDoubleClass = 6;
constexpr uint8_t kUint8Class = 9;
constexpr uint8_t kUint64Class = 15;
constexpr uint8_t kComplexFlag = 0x08;

template <typename T>
T Load(ByteSpan bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

struct Element {
  uint32_t type;
  ByteSpan content;
};

// Takes an element off the front of `bytes`; nothing if it is truncated.
std::optional<Element> TakeElement(ByteSpan& bytes) {
  if (bytes.size() < kTag) return std::nullopt;
  uint32_t type = Load<uint32_t>(bytes, 0);
  size_t size = Load<uint32_t>(bytes, 4);
  size_t start = kTag;
  if (type >> 16 != 0) {  // up to four bytes, inside the tag
    size = type >> 16;
    type &= 0xFFFF;
    start = 4;
    if (size > 4) return std::nullopt;
  }
  if (size > bytes.size() - start) return std::nullopt;
  const Element element{type, bytes.subspan(start, size)};
  const size_t padding = type == kCompressed ? 0 : (8 - (start + size) % 8) % 8;
  bytes = bytes.subspan(std::min(start + size + padding, bytes.size()));
  return element;
}

// The part of an array before its values.
struct ArrayHeader {
  uint8_t array_class;
  bool complex;
  std::vector<size_t> shape;
  std::string_view name;
};

std::optional<ArrayHeader> TakeHeader(ByteSpan& bytes) {
  const auto flags = TakeElement(bytes);
  const auto shape = flags ? TakeElement(bytes) : std::nullopt;
  const auto name = shape ? TakeElement(bytes) : std::nullopt;
  if (!name || flags->content.size() != 8 || shape->type != kInt32) {
    return std::nullopt;
  }
  ArrayHeader header{flags->content[0],
                     (flags->content[1] & kComplexFlag) != 0,
                     {},
                     {reinterpret_cast<const char*>(name->content.data()),
                      name->content.size()}};
  for (size_t at = 0; at + 4 <= shape->content.size(); at += 4) {
    header.shape.push_back(Load<uint32_t>(shape->content, at));
  }
  return header;
}

template <typename T>
std::vector<double> Widened(ByteSpan bytes) {
  std::vector<double> values;
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    values.push_back(static_cast<double>(Load<T>(bytes, at)));
  }
  return values;
}

std::vector<double> AsDoubles(const Element& element) {
  const auto& [type, bytes] = element;
  if (type == kInt8) return Widened<int8_t>(bytes);
  if (type == kUint8) return Widened<uint8_t>(bytes);
  if (type == kInt16) return Widened<int16_t>(bytes);
  if (type == kUint16) return Widened<uint16_t>(bytes);
  if (type == kInt32) return Widened<int32_t>(bytes);
  if (type == kUint32) return Widened<uint32_t>(bytes);
  if (type == kSingle) return Widened<float>(bytes);
  if (type == kDouble) return Widened<double>(bytes);
  if (type == kInt64) return Widened<int64_t>(bytes);
  if (type == kUint64) return Widened<uint64_t>(bytes);
  return {};
}

// Throws an error about the variable `name`.
[[noreturn]] void Fail(std::string_view where, std::string_view name,
                       std::string_view what) {
  ThrowFormatError(where, "variable '{}' {}", name, what);
}

// A complete array.
struct Variable {
  std::vector<uint8_t> unpacked;  // owns the values if they were compressed
  ArrayHeader header;
  Element values;
};

// The array in `element`, if it has this name.
std::optional<Variable> Match(const Element& element, const std::string& name,
                              const std::string& where) {
  // Enough for the tag and header of any array that is read here.
  constexpr size_t kStart = 512;
  const bool packed = element.type == kCompressed;
  if (!packed && element.type != kMatrix) return std::nullopt;
  Variable variable;
  ByteSpan array = element.content;
  if (packed) {
    variable.unpacked = Gunzip(std::as_bytes(element.content), kStart, where);
    array = variable.unpacked;
    if (array.size() < kTag || Load<uint32_t>(array, 0) != kMatrix) {
      return std::nullopt;
    }
    array = array.subspan(kTag);
  }
  auto header = TakeHeader(array);
  if (!header || header->name != name) return std::nullopt;
  if (packed) {
    const size_t size = kTag + Load<uint32_t>(variable.unpacked, 4);
    // One byte more, so that the end and its checksum are verified.
    variable.unpacked = Gunzip(std::as_bytes(element.content), size + 1, where);
    if (variable.unpacked.size() != size) {
      Fail(where, name, "does not have the size it claims");
    }
    array = ByteSpan(variable.unpacked).subspan(kTag);
    header = TakeHeader(array);
  }
  const auto values = TakeElement(array);
  if (!header || !values) Fail(where, name, "is truncated");
  variable.header = *std::move(header);
  variable.values = *values;
  return variable;
}

Variable Find(const MappedFile& file, const std::string& name,
              const std::string& where) {
  ByteSpan rest(reinterpret_cast<const uint8_t*>(file.bytes().data()),
                file.bytes().size());
  rest = rest.subspan(kFileHeader);
  while (!rest.empty()) {
    const auto element = TakeElement(rest);
    if (!element) ThrowFormatError(where, "is truncated or corrupt");
    auto variable = Match(*element, name, where);
    if (!variable) continue;
    const ArrayHeader& header = variable->header;
    if (header.array_class < kDoubleClass ||
        header.array_class > kUint64Class || header.complex) {
      Fail(where, name, "is not an array of real numbers");
    }
    return *std::move(variable);
  }
  ThrowFormatError(
      where, "has no variable '{}': it is another file with this name", name);
}

}  // namespace

MatFile::MatFile(const std::filesystem::path& path)
    : where_(path.string()), file_(path) {
  const std::string_view text(
      reinterpret_cast<const char*>(file_.bytes().data()),
      file_.bytes().size());
  // MATLAB 4 has no such header; 7.3 is HDF5. No data set uses either.
  if (text.size() < kFileHeader || !text.starts_with("MATLAB 5.0 MAT-file") ||
      text.substr(kFileHeader - 2, 2) != "IM") {
    ThrowFormatError(where_, "is not a little-endian MATLAB 5 file");
  }
}

std::vector<uint8_t> MatFile::Bytes(const std::string& name,
                                    const std::vector<size_t>& leading) const {
  Variable variable = Find(file_, name, where_);
  std::vector<size_t> shape = variable.header.shape;
  if (shape.size() == leading.size()) shape.push_back(1);
  if (variable.header.array_class != kUint8Class ||
      variable.values.type != kUint8 || shape.size() != leading.size() + 1 ||
      !std::equal(leading.begin(), leading.end(), shape.begin())) {
    Fail(where_, name,
         fmt::format("is not an array of bytes of shape {} x N",
                     fmt::join(leading, " x ")));
  }
  size_t each = 1;
  for (const size_t dim : leading) each *= dim;
  const ByteSpan values = variable.values.content;
  if (values.size() % each != 0 || values.size() / each != shape.back()) {
    Fail(where_, name,
         fmt::format("of shape {} has {} bytes", fmt::join(shape, " x "),
                     values.size()));
  }
  if (variable.unpacked.empty()) return {values.begin(), values.end()};
  // Trimmed in place, since a copy of SVHN would take 225 MB more.
  std::vector<uint8_t> bytes = std::move(variable.unpacked);
  const auto start = values.data() - bytes.data();
  bytes.resize(static_cast<size_t>(start) + values.size());
  bytes.erase(bytes.begin(), bytes.begin() + start);
  return bytes;
}

std::vector<int64_t> MatFile::Integers(const std::string& name, int64_t min,
                                       int64_t max) const {
  const Variable variable = Find(file_, name, where_);
  const auto& shape = variable.header.shape;
  const auto values = AsDoubles(variable.values);
  if (shape.size() != 2 || std::min(shape[0], shape[1]) != 1 ||
      std::max(shape[0], shape[1]) != values.size()) {
    Fail(where_, name,
         fmt::format("of shape {} is not a vector of its {} values",
                     fmt::join(shape, " x "), values.size()));
  }
  std::vector<int64_t> integers;
  for (const double value : values) {
    if (!(value >= static_cast<double>(min)) ||
        value > static_cast<double>(max) || value != std::floor(value)) {
      ThrowFormatError(where_, "{}({}) is {}, not an integer from {} to {}",
                       name, integers.size() + 1, value, min, max);
    }
    integers.push_back(static_cast<int64_t>(value));
  }
  return integers;
}

}  // namespace wsel::data
