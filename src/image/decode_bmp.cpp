// BMP, as Pillow's BmpImagePlugin reads it.

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>
#include <vector>

#include "decoders.h"

namespace wsel::image {
namespace {

enum Compression : uint32_t { kRaw = 0, kRle8 = 1, kRle4 = 2, kBitFields = 3 };

class Bytes {
 public:
  explicit Bytes(const Encoded& file) : file_(file) {}

  // A little-endian number of `size` bytes.
  uint32_t Number(size_t at, size_t size) const {
    if (at + size > file_.size()) {
      file_.Fail("is a BMP image that is truncated");
    }
    uint32_t number = 0;
    for (size_t i = 0; i < size; ++i) {
      number |= uint32_t{file_.data()[at + i]} << (8 * i);
    }
    return number;
  }

 private:
  const Encoded& file_;
};

struct BmpHeader {
  int64_t width = 0;
  int64_t height = 0;
  bool top_down = false;
  uint32_t bits = 0;  // per pixel
  uint32_t compression = kRaw;
  std::array<uint32_t, 3> masks = {};  // of red, green and blue
  std::array<Rgb, 256> palette = {};
  size_t pixels = 0;  // where they begin

  size_t stride() const {
    return (static_cast<size_t>(width) * bits + 31) / 32 * 4;
  }
};

// The masks that Pillow supports: whole bytes, or 5 or 6 bits of 16.
bool IsSupported(const BmpHeader& header) {
  using Masks = std::array<uint32_t, 3>;
  const Masks& masks = header.masks;
  if (header.bits == 16) {
    return masks == Masks{0xF800, 0x7E0, 0x1F} ||
           masks == Masks{0x7C00, 0x3E0, 0x1F};
  }
  if (header.bits == 24) return masks == Masks{0xFF0000, 0xFF00, 0xFF};
  return header.bits == 32 && (masks == Masks{0xFF0000, 0xFF00, 0xFF} ||
                               masks == Masks{0xFF000000, 0xFF0000, 0xFF00} ||
                               masks == Masks{0xFF000000, 0xFF00, 0xFF} ||
                               masks == Masks{0xFF, 0xFF00, 0xFF0000});
}

void ReadMasks(const Encoded& file, size_t header_size, BmpHeader& header) {
  const Bytes bytes(file);
  header.masks = {0xFF0000, 0xFF00, 0xFF};
  if (header.bits == 16) header.masks = {0x7C00, 0x3E0, 0x1F};
  if (header.compression != kBitFields) return;
  // In a header of 40 bytes they follow it, at the same place.
  std::array<uint32_t, 3> masks;
  for (size_t i = 0; i < 3; ++i) masks[i] = bytes.Number(54 + 4 * i, 4);
  const bool none = header.bits == 32 && header_size >= 56 &&
                    masks == std::array<uint32_t, 3>{};
  if (!none) header.masks = masks;
  if (!IsSupported(header)) {
    file.Fail("is a BMP image with a layout of bit fields that is not read");
  }
}

void ReadPalette(const Encoded& file, size_t at, size_t entry, size_t colors,
                 BmpHeader& header) {
  const Bytes bytes(file);
  bool ramp = true;
  for (size_t i = 0; i < std::min<size_t>(colors, 256); ++i) {
    const uint32_t bgr = bytes.Number(at + i * entry, 3);
    header.palette[i] = {static_cast<uint8_t>(bgr >> 16),
                         static_cast<uint8_t>(bgr >> 8),
                         static_cast<uint8_t>(bgr)};
    ramp = ramp && bgr == i * 0x010101;
  }
  // A part of the grey ramp counts as the whole ramp.
  for (size_t i = colors; ramp && i < 256; ++i) {
    header.palette[i].fill(static_cast<uint8_t>(i));
  }
}

BmpHeader ReadHeader(const Encoded& file) {
  const Bytes bytes(file);
  constexpr std::array<uint32_t, 7> kSizes = {12, 40, 52, 56, 64, 108, 124};
  BmpHeader header;
  size_t offset = bytes.Number(10, 4);
  const uint32_t size = bytes.Number(14, 4);
  if (std::ranges::find(kSizes, size) == kSizes.end()) {
    file.Fail("is a BMP image with an unknown header of {} bytes", size);
  }
  const bool old = size == 12;
  header.width = bytes.Number(18, old ? 2 : 4);
  header.height = bytes.Number(old ? 20 : 22, old ? 2 : 4);
  header.bits = bytes.Number(old ? 24 : 28, 2);
  size_t colors = 0;
  if (!old) {
    header.top_down = bytes.Number(25, 1) == 0xFF;
    if (header.top_down) header.height = (int64_t{1} << 32) - header.height;
    header.compression = bytes.Number(30, 4);
    colors = bytes.Number(46, 4);
  }
  constexpr std::array<uint32_t, 6> kBits = {1, 4, 8, 16, 24, 32};
  if (std::ranges::find(kBits, header.bits) == kBits.end() ||
      header.compression > kBitFields ||
      (header.compression == kRle8 && header.bits != 8) ||
      (header.compression == kRle4 && header.bits != 4) ||
      (header.compression == kBitFields && header.bits <= 8)) {
    file.Fail(
        "is a BMP image of {} bits a pixel, compression {}, "
        "which is not read",
        header.bits, header.compression);
  }
  ReadMasks(file, size, header);
  const size_t entry = old ? 3 : 4;
  size_t end = 14 + size_t{size};
  if (header.bits <= 8) {
    if (colors == 0) colors = size_t{1} << header.bits;
    if (colors > 65536) file.Fail("is a BMP image with a corrupt palette");
    ReadPalette(file, end, entry, colors, header);
    if (offset == end) offset += entry * colors;
    end += entry * colors;
  } else if (header.compression == kBitFields && size == 40) {
    end += 12;
  }
  header.pixels = offset == 0 ? end : offset;
  return header;
}

// A channel of `mask`, as 8 bits.
uint8_t Channel(uint32_t pixel, uint32_t mask) {
  const uint32_t most = mask >> std::countr_zero(mask);
  return static_cast<uint8_t>((pixel & mask) / (mask / most) * 255 / most);
}

Rgb PixelOf(const BmpHeader& header, const uint8_t* row, int64_t x) {
  if (header.bits <= 8) {
    const auto bit = static_cast<size_t>(x) * header.bits;
    const auto shift = 8 - header.bits - bit % 8;
    return header.palette[row[bit / 8] >> shift & ((1U << header.bits) - 1)];
  }
  const size_t size = header.bits / 8;
  uint32_t pixel = 0;
  for (size_t i = 0; i < size; ++i) {
    pixel |= uint32_t{row[static_cast<size_t>(x) * size + i]} << (8 * i);
  }
  Rgb rgb;
  for (size_t c = 0; c < 3; ++c) rgb[c] = Channel(pixel, header.masks[c]);
  return rgb;
}

void ReadRows(const Encoded& file, const BmpHeader& header, Image& image) {
  const size_t stride = header.stride();
  const size_t last = (static_cast<size_t>(header.width) * header.bits + 7) / 8;
  const size_t needed = stride * static_cast<size_t>(header.height - 1) + last;
  if (header.pixels > file.size() || needed > file.size() - header.pixels) {
    file.Fail("is a BMP image that is truncated");
  }
  for (int y = 0; y < image.height(); ++y) {
    const uint8_t* row = file.data() + header.pixels + stride * y;
    uint8_t* to = image.Row(header.top_down ? y : image.height() - 1 - y);
    for (int x = 0; x < image.width(); ++x, to += 3) {
      std::ranges::copy(PixelOf(header, row, x), to);
    }
  }
}

// The indices of a run-length encoded image, bottom row first unless top_down.
// Does what Pillow does, also where the format specifies otherwise.
class RunLengthDecoder {
 public:
  RunLengthDecoder(const Encoded& file, const BmpHeader& header)
      : file_(file),
        at_(header.pixels),
        rle4_(header.compression == kRle4),
        width_(static_cast<size_t>(header.width)),
        count_(width_ * static_cast<size_t>(header.height)) {}

  std::vector<uint8_t> Decode() {
    indices_.reserve(count_);
    while (indices_.size() < count_) {
      const auto pixels = Next();
      const auto byte = Next();
      if (!pixels || !byte) break;
      if (*pixels > 0) {
        Run(*pixels, *byte);
      } else if (*byte == 0) {
        Add(0, (width_ - indices_.size() % width_) % width_);
        x_ = 0;
      } else if (*byte == 1 || !(*byte == 2 ? Move() : Copy(*byte))) {
        break;
      }
    }
    if (indices_.size() < count_) {
      file_.Fail("is a BMP image that is truncated");
    }
    return std::move(indices_);
  }

 private:
  std::optional<uint8_t> Next() {
    if (at_ >= file_.size()) return std::nullopt;
    return file_.data()[at_++];
  }
  void Add(uint8_t index, size_t times) {
    indices_.insert(indices_.end(), std::min(times, count_ - indices_.size()),
                    index);
  }
  void Run(size_t pixels, uint8_t byte) {
    if (x_ + pixels > width_) pixels = x_ < width_ ? width_ - x_ : 0;
    for (size_t i = 0; i < pixels; ++i) {
      Add(!rle4_ ? byte : i % 2 == 0 ? byte >> 4 : byte & 0x0F, 1);
    }
    x_ += pixels;
  }
  bool Move() {
    const auto right = Next();
    const auto up = Next();
    if (!right || !up) return false;
    Add(0, *right + *up * width_);
    x_ = indices_.size() % width_;
    return true;
  }
  bool Copy(size_t pixels) {
    for (size_t i = 0; i < (rle4_ ? pixels / 2 : pixels); ++i) {
      const auto byte = Next();
      if (!byte) return false;
      if (rle4_) Add(*byte >> 4, 1);
      Add(rle4_ ? *byte & 0x0F : *byte, 1);
    }
    x_ += pixels;
    if (at_ % 2 != 0) ++at_;
    return true;
  }

  const Encoded& file_;
  size_t at_;
  bool rle4_;
  size_t width_;
  size_t count_;
  size_t x_ = 0;
  std::vector<uint8_t> indices_;
};

void ReadRuns(const Encoded& file, const BmpHeader& header, Image& image) {
  const auto indices = RunLengthDecoder(file, header).Decode();
  const uint8_t* from = indices.data();
  for (int y = 0; y < image.height(); ++y) {
    uint8_t* to = image.Row(header.top_down ? y : image.height() - 1 - y);
    for (int x = 0; x < image.width(); ++x, to += 3) {
      std::ranges::copy(header.palette[*from++], to);
    }
  }
}

}  // namespace

Decoded DecodeBmp(const Encoded& file) {
  const BmpHeader header = ReadHeader(file);
  const bool runs = header.compression == kRle8 || header.compression == kRle4;
  // Two bytes can end a row, whatever its width.
  constexpr int64_t kMaxPixelsPerByte = 8;
  constexpr int64_t kMaxRunPixelsPerByte = 4096;
  file.CheckSize(header.width, header.height,
                 runs ? kMaxRunPixelsPerByte : kMaxPixelsPerByte);
  Image image(static_cast<int>(header.width), static_cast<int>(header.height));
  runs ? ReadRuns(file, header, image) : ReadRows(file, header, image);
  return {.image = std::move(image)};
}

}  // namespace wsel::image
