#include "npy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "byte_cursor.h"
#include "wsel/checkpoint/format_error.h"
#include "wsel/checkpoint/npy.h"

namespace wsel::checkpoint {
namespace {

constexpr std::array<std::pair<std::string_view, DType>, 15> kTypes = {{
    {"|b1", DType::kBool},
    {"|u1", DType::kU8},
    {"|i1", DType::kI8},
    {"<u2", DType::kU16},
    {"<i2", DType::kI16},
    {"<u4", DType::kU32},
    {"<i4", DType::kI32},
    {"<u8", DType::kU64},
    {"<i8", DType::kI64},
    {"<f2", DType::kF16},
    {"<V2", DType::kBF16},
    {"|V2", DType::kBF16},
    {"bfloat16", DType::kBF16},
    {"<f4", DType::kF32},
    {"<f8", DType::kF64},
}};

// Parses {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }; keys may
// be in any order.
class LiteralParser {
 public:
  LiteralParser(std::string_view text, const std::string& where)
      : text_(text), where_(where) {}

  NpyHeader Read() {
    Expect('{');
    while (!Take('}')) {
      ReadItem();
      if (Take(',')) continue;
      Expect('}');
      break;
    }
    Skip();
    if (at_ != text_.size()) Fail("unexpected text after the dictionary");
    if (seen_.size() < 3) {
      Fail("'descr', 'fortran_order' or 'shape' is missing");
    }
    return std::move(header_);
  }

 private:
  void ReadItem() {
    const std::string_view key = String();
    Expect(':');
    if (!seen_.insert(key).second) {
      Fail(fmt::format("{} occurs twice", Quoted(key)));
    }
    if (key == "descr") {
      if (Next() == '[') {
        Fail("is a structured array; save each field as its own array");
      }
      header_.type = String();
    } else if (key == "fortran_order") {
      header_.fortran_order = Bool();
    } else if (key == "shape") {
      header_.shape = Tuple();
    } else {
      Fail(fmt::format("unknown key {}", Quoted(key)));
    }
  }

  std::string_view String() {
    const char quote = Next();
    if (quote != '\'' && quote != '"') Fail("expected a string");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) Fail("unterminated string");
    const auto string = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return string;
  }

  bool Bool() {
    Skip();
    const std::string_view rest = text_.substr(at_);
    const bool value = rest.starts_with("True");
    if (!value && !rest.starts_with("False")) Fail("expected True or False");
    at_ += value ? 4 : 5;
    return value;
  }

  Shape Tuple() {
    constexpr size_t kMaxRank = 64;  // as in NumPy
    Shape shape;
    Expect('(');
    bool comma = true;
    while (!Take(')')) {
      if (!comma) Fail("expected a comma between dimensions");
      if (shape.size() == kMaxRank) Fail("has more than 64 dimensions");
      shape.push_back(Number());
      comma = Take(',');
    }
    if (shape.size() == 1 && !comma) Fail("the shape is not a tuple");
    return shape;
  }

  int64_t Number() {
    Skip();
    const char* begin = text_.data() + at_;
    int64_t value = 0;
    const auto [end, error] =
        std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0) {
      Fail("expected a dimension of at most 63 bits");
    }
    at_ += static_cast<size_t>(end - begin);
    Take('L');  // Python 2's long
    return value;
  }

  void Skip() {
    at_ = std::min(text_.find_first_not_of(" \n", at_), text_.size());
  }
  char Next() {
    Skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Take(char c) {
    if (at_ == text_.size() || Next() != c) return false;
    ++at_;
    return true;
  }
  void Expect(char c) {
    if (!Take(c)) Fail(fmt::format("expected '{}'", c));
  }

  [[noreturn]] void Fail(std::string_view what) const {
    ThrowFormatError(where_, "byte {} of the array's header: {}", at_, what);
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
  NpyHeader header_;
  std::set<std::string_view> seen_;
};

uint32_t TextLength(ByteCursor& cursor, const std::string& where) {
  constexpr uint32_t kMaxLength = 10'000;
  const auto major = cursor.ReadInt<uint8_t>();
  const auto minor = cursor.ReadInt<uint8_t>();
  if (major < 1 || major > 3 || minor != 0) {
    ThrowFormatError(
        where,
        "is a .npy of unknown version {}.{}; save it again with numpy.savez",
        major, minor);
  }
  const uint32_t length =
      major == 1 ? cursor.ReadInt<uint16_t>() : cursor.ReadInt<uint32_t>();
  if (length > kMaxLength) {
    ThrowFormatError(
        where, "the array's header has {} bytes, more than NumPy's limit of {}",
        length, kMaxLength);
  }
  return length;
}

}  // namespace

NpyHeader ReadNpyHeader(std::span<const std::byte> npy,
                        const std::string& where) {
  ByteCursor cursor(npy, where);
  if (cursor.ReadString(kNpyMagic.size()) != kNpyMagic) {
    ThrowFormatError(where, "is not a NumPy array, although it is named .npy");
  }
  const uint32_t length = TextLength(cursor, where);
  NpyHeader header = LiteralParser(cursor.ReadString(length), where).Read();
  header.size = cursor.offset();
  return header;
}

void CheckNpySize(const TensorSpec& spec, std::span<const std::byte> data,
                  const std::string& where) {
  const auto bytes = ByteCount(spec);
  if (!bytes) {
    ThrowFormatError(where, "has the shape {}, which overflows",
                     FormatShape(spec.shape));
  }
  if (*bytes != data.size()) {
    ThrowFormatError(
        where, "{} {} takes {} bytes, but the file has {}; download it again",
        Name(spec.dtype), FormatShape(spec.shape), *bytes, data.size());
  }
}

std::variant<DType, std::string> DTypeOfNumpy(std::string_view type) {
  for (const auto& [known, dtype] : kTypes) {
    if (type == known) return dtype;
  }
  if (type.starts_with('>')) {
    return fmt::format(
        "is big-endian ({}); convert it with "
        "x.astype(x.dtype.newbyteorder('<')) in NumPy",
        Quoted(type));
  }
  if (type == "|O") {
    return "holds Python objects, which cannot be read without running code "
           "from the file; save numeric arrays";
  }
  return fmt::format(
      "has elements of NumPy type {}, which is not supported; convert it to "
      "float32",
      Quoted(type));
}

}  // namespace wsel::checkpoint
