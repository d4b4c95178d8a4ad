#include "gif_lzw.h"

#include <algorithm>
#include <array>

namespace wsel::image {
namespace {

constexpr int kMaxBits = 12;
constexpr int kTableSize = 1 << kMaxBits;

class Lzw {
 public:
  Lzw(std::span<const uint8_t> codes, int bits)
      : codes_(codes), bits_(bits), clear_(1 << bits) {
    Clear();
  }

  // The next string; empty at the end or if the code is invalid.
  std::span<const uint8_t> Next() {
    int code = NextCode();
    while (code == clear_) {
      Clear();
      code = NextCode();
    }
    if (code < 0 || code == clear_ + 1) return {};
    return previous_ < 0 ? First(code) : Expand(code);
  }

 private:
  void Clear() {
    next_ = clear_ + 2;
    code_bits_ = bits_ + 1;
    previous_ = -1;
  }

  // -1 when the input is exhausted.
  int NextCode() {
    while (window_bits_ < code_bits_) {
      if (codes_.empty()) return -1;
      window_ |= uint32_t{codes_.front()} << window_bits_;
      window_bits_ += 8;
      codes_ = codes_.subspan(1);
    }
    const int code = static_cast<int>(window_ & ((1U << code_bits_) - 1));
    window_ >>= code_bits_;
    window_bits_ -= code_bits_;
    return code;
  }

  void AddEntry(uint8_t last) {
    if (next_ >= kTableSize) return;
    suffix_[next_] = last;
    prefix_[next_] = previous_;
    if (next_ == (1 << code_bits_) - 1 && code_bits_ < kMaxBits) ++code_bits_;
    ++next_;
  }

  std::span<const uint8_t> First(int code) {
    if (code > clear_) return {};
    first_ = static_cast<uint8_t>(code);
    previous_ = code;
    string_[0] = first_;
    return std::span(string_).first(1);
  }

  std::span<const uint8_t> Expand(int code) {
    if (code > next_) return {};
    size_t begin = string_.size();  // the string is built from its end
    int at = code;
    if (code == next_) {  // the entry that this code is about to add
      string_[--begin] = first_;
      at = previous_;
    }
    while (at >= clear_) {
      if (at >= kTableSize || begin <= 1) return {};
      string_[--begin] = suffix_[at];
      at = prefix_[at];
    }
    first_ = static_cast<uint8_t>(at);
    string_[--begin] = first_;
    AddEntry(first_);
    previous_ = code;
    return std::span(string_).subspan(begin);
  }

  std::span<const uint8_t> codes_;
  int bits_;
  int clear_;
  int next_ = 0;       // the code of the next table entry
  int code_bits_ = 0;  // current width of a code
  int previous_ = -1;  // the last code, or -1 after a clear code
  uint8_t first_ = 0;  // the first byte of the last string
  uint32_t window_ = 0;
  int window_bits_ = 0;
  // The string of a code is that of prefix[code] and the byte suffix[code].
  std::array<uint8_t, kTableSize> suffix_ = {};
  std::array<int, kTableSize> prefix_ = {};
  std::array<uint8_t, kTableSize + 1> string_ = {};
};

}  // namespace

bool DecodeLzw(std::span<const uint8_t> codes, int bits,
               std::span<uint8_t> out) {
  if (bits > kMaxBits) return false;
  Lzw lzw(codes, bits);
  while (!out.empty()) {
    const auto string = lzw.Next();
    if (string.empty()) return false;
    const size_t count = std::min(string.size(), out.size());
    std::copy_n(string.begin(), count, out.begin());
    out = out.subspan(count);
  }
  return true;
}

}  // namespace wsel::image
