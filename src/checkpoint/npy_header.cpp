#include "wsel/checkpoint/npy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "wsel/checkpoint/byte_cursor.h"
#include "wsel/checkpoint/refusal.h"

namespace wsel::checkpoint {
namespace {

using namespace std::string_view_literals;

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

// {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }, in any order.
class Literal {
 public:
  Literal(std::string_view text, const std::string& where)
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
    if (at_ != text_.size()) Bad("something follows the dictionary");
    if (!seen_type_ || !seen_order_ || !seen_shape_) {
      Bad("'descr', 'fortran_order' or 'shape' is missing");
    }
    return std::move(header_);
  }

 private:
  void ReadItem() {
    const std::string_view key = String();
    Expect(':');
    bool& seen = key == "descr"           ? seen_type_
                 : key == "fortran_order" ? seen_order_
                 : key == "shape"
                     ? seen_shape_
                     : Bad(fmt::format("the key {} is unknown", Quoted(key)));
    if (std::exchange(seen, true)) {
      Bad(fmt::format("{} is there twice", Quoted(key)));
    }
    if (&seen == &seen_type_) {
      if (Next() == '[') {
        Bad("is an array of structures; save each field as an array");
      }
      header_.type = String();
    } else if (&seen == &seen_order_) {
      header_.fortran_order = Bool();
    } else {
      header_.shape = Tuple();
    }
  }

  std::string_view String() {
    const char quote = Next();
    if (quote != '\'' && quote != '"') Bad("a string is wanted");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) Bad("a string does not end");
    const auto string = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return string;
  }

  bool Bool() {
    Skip();
    for (const auto& [word, value] :
         {std::pair("True"sv, true), std::pair("False"sv, false)}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    Bad("True or False is wanted");
  }

  Shape Tuple() {
    constexpr size_t kMaxRank = 64;  // as in NumPy
    Shape shape;
    Expect('(');
    bool comma = true;
    while (!Take(')')) {
      if (!comma) Bad("a comma is wanted between dimensions");
      if (shape.size() == kMaxRank) Bad("has more than 64 dimensions");
      shape.push_back(Number());
      comma = Take(',');
    }
    if (shape.size() == 1 && !comma) Bad("the shape is no tuple");
    return shape;
  }

  int64_t Number() {
    Skip();
    const char* begin = text_.data() + at_;
    int64_t value = 0;
    const auto [end, error] =
        std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0) {
      Bad("a dimension is no number of at most 63 bits");
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
    if (!Take(c)) Bad(fmt::format("'{}' is wanted", c));
  }

  [[noreturn]] bool& Bad(std::string_view what) const {
    Refuse(where_, fmt::format("byte {} of the array's header: {}", at_, what));
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
  NpyHeader header_;
  bool seen_type_ = false;
  bool seen_order_ = false;
  bool seen_shape_ = false;
};

uint32_t TextLength(ByteCursor& cursor, const std::string& where) {
  constexpr uint32_t kLongest = 10'000;
  const auto major = cursor.Little<uint8_t>();
  const auto minor = cursor.Little<uint8_t>();
  if (major < 1 || major > 3 || minor != 0) {
    Refuse(where, fmt::format("is a .npy of version {}.{}, which is unknown; "
                              "save it again with numpy.savez",
                              major, minor));
  }
  const uint32_t length =
      major == 1 ? cursor.Little<uint16_t>() : cursor.Little<uint32_t>();
  if (length > kLongest) {
    Refuse(where, fmt::format("the array's header is {} bytes long, more than "
                              "the {} that NumPy reads",
                              length, kLongest));
  }
  return length;
}

}  // namespace

NpyHeader ReadNpyHeader(std::span<const std::byte> npy,
                        const std::string& where) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  ByteCursor cursor(npy, where);
  if (cursor.Text(kMagic.size()) != kMagic) {
    Refuse(where, "is no NumPy array, though it is called .npy");
  }
  const uint32_t length = TextLength(cursor, where);
  NpyHeader header = Literal(cursor.Text(length), where).Read();
  header.size = cursor.offset();
  return header;
}

std::variant<DType, std::string> DTypeOfNumpy(std::string_view type) {
  for (const auto& [known, dtype] : kTypes) {
    if (type == known) return dtype;
  }
  if (type.starts_with('>')) {
    return fmt::format(
        "its numbers are big-endian ({}); convert it with "
        "x.astype(x.dtype.newbyteorder('<')) in NumPy",
        Quoted(type));
  }
  if (type == "|O") {
    return "it holds Python objects, which only running the file's code could "
           "read; save numbers";
  }
  return fmt::format(
      "its elements are of NumPy's type {}, which is not read; "
      "convert it to float32",
      Quoted(type));
}

}  // namespace wsel::checkpoint
