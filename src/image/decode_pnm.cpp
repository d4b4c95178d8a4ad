// PGM and PPM, plain and raw, as Pillow's PpmImagePlugin reads them.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "decoders.h"

namespace wsel::image {
namespace {

bool IsSpace(char c) {
  return std::string_view(" \t\n\v\f\r").find(c) != std::string_view::npos;
}

class PnmReader {
 public:
  explicit PnmReader(const Encoded& file)
      : file_(file),
        rest_(reinterpret_cast<const char*>(file.data()), file.size()) {}

  // The next number in decimal and the character behind it; '#' begins a
  // comment up to the end of its line.
  int64_t Number() {
    constexpr size_t kMaxDigits = 10;
    std::string digits;
    while (!rest_.empty() && digits.size() <= kMaxDigits) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '#') {
        const size_t end = rest_.find_first_of("\r\n");
        rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
      } else if (!IsSpace(c)) {
        digits += c;
      } else if (!digits.empty()) {
        break;
      }
    }
    int64_t number = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (digits.size() > kMaxDigits || error != std::errc() || stop != end ||
        number < 0) {
      file_.Fail("is a PGM or PPM image that is corrupt or truncated");
    }
    return number;
  }

  // The next raw sample, of one or two bytes.
  int64_t Sample(size_t size) {
    if (rest_.size() < size) file_.Fail("is a truncated PGM or PPM image");
    int64_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      value = value << 8 | static_cast<unsigned char>(rest_[i]);
    }
    rest_.remove_prefix(size);
    return value;
  }

 private:
  const Encoded& file_;
  std::string_view rest_;
};

// A sample as 8 bits. Grey of more than 8 bits is scaled to 16, and above 255
// it is white, as in PNGs.
uint8_t ToByte(int64_t value, int64_t most, bool grey) {
  const double scale = grey && most > 255 ? 65535 : 255;
  const double scaled = std::nearbyint(static_cast<double>(value) /
                                       static_cast<double>(most) * scale);
  return static_cast<uint8_t>(std::min(scaled, 255.));
}

}  // namespace

Decoded DecodePnm(const Encoded& file) {
  PnmReader reader(file);
  reader.Sample(1);  // 'P'
  const int64_t kind = reader.Sample(1);
  const bool plain = kind == '2' || kind == '3';
  const bool grey = kind == '2' || kind == '5';
  const int64_t width = reader.Number();
  const int64_t height = reader.Number();
  const int64_t most = reader.Number();
  if (most < 1 || most > 65535) {
    file.Fail("is a PGM or PPM image with the largest value {}, not 1 to 65535",
              most);
  }
  file.CheckSize(width, height, 1);
  Image image(static_cast<int>(width), static_cast<int>(height));
  const auto bytes = image.bytes();
  const size_t size = most > 255 ? 2 : 1;
  for (size_t i = 0; i < bytes.size(); i += grey ? 3 : 1) {
    const int64_t value = plain ? reader.Number() : reader.Sample(size);
    if (plain && value > most) {
      file.Fail("is a PGM or PPM image with a value above its largest");
    }
    std::fill_n(&bytes[i], grey ? 3 : 1, ToByte(value, most, grey));
  }
  // Colours are scaled to 8 bits, to the nearest.
  return {.image = std::move(image),
          .narrowed = grey && most > 255 ? Narrowed::kClipped : Narrowed::kNo};
}

}  // namespace wsel::image
