// GIF is decoded because Oxford-IIIT Pets ships GIFs named .jpg. This reader
// (GIF89a) decodes only the first frame, on the canvas that Pillow gives it.

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "decoders.h"
#include "gif_lzw.h"

namespace wsel::image {
namespace {

using Palette = std::array<Rgb, 256>;

// A 12-bit code stands for at most 4,096 pixels.
constexpr int64_t kMaxPixelsPerByte = 4096;

class Cursor {
 public:
  explicit Cursor(const Encoded& file) : file_(file) {}

  size_t remaining() const { return file_.size() - at_; }
  bool done() const { return remaining() == 0; }
  std::span<const uint8_t> Take(size_t count) {
    if (count > remaining()) file_.Fail("is a truncated GIF");
    at_ += count;
    return {file_.data() + at_ - count, count};
  }
  int Byte() { return Take(1)[0]; }
  int Short() {
    const auto bytes = Take(2);
    return bytes[0] | bytes[1] << 8;
  }
  // A block: its length, then up to 255 bytes. Empty at the end of a chain.
  std::span<const uint8_t> Block() { return Take(static_cast<size_t>(Byte())); }

 private:
  const Encoded& file_;
  size_t at_ = 0;
};

struct Frame {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
  bool interlaced = false;
  uint8_t background = 0;  // the transparent colour's index, if any
  Palette palette = {};
};

Palette GreyRamp() {
  Palette palette;
  for (int i = 0; i < 256; ++i) palette[i].fill(static_cast<uint8_t>(i));
  return palette;
}

// A palette that is a prefix of the grey ramp counts as the whole ramp.
Palette ReadPalette(Cursor& cursor, int flags) {
  const auto bytes = cursor.Take(size_t{3} << ((flags & 7) + 1));
  Palette palette = {};
  bool ramp = true;
  for (size_t i = 0; i < bytes.size(); ++i) {
    palette[i / 3][i % 3] = bytes[i];
    ramp = ramp && bytes[i] == i / 3;
  }
  return ramp ? GreyRamp() : palette;
}

void ReadExtension(Cursor& cursor, Frame& frame) {
  constexpr int kGraphicControl = 249;
  const int label = cursor.Byte();
  const auto block = cursor.Block();
  if (label == kGraphicControl && block.size() >= 4 && (block[0] & 1) != 0) {
    frame.background = block[3];
  }
  constexpr int kComment = 254;
  if (label == kComment && block.empty()) return;
  while (!cursor.Block().empty()) {
  }
}

// Skips to the first frame's description.
void FindFrame(const Encoded& file, Cursor& cursor, Frame& frame) {
  while (!cursor.done()) {
    const int kind = cursor.Byte();
    if (kind == ',') return;
    if (kind == ';') break;
    if (kind == '!') ReadExtension(cursor, frame);
  }
  file.Fail("is a GIF without an image");
}

void ReadFrame(Cursor& cursor, Frame& frame) {
  frame.left = cursor.Short();
  frame.top = cursor.Short();
  frame.width = cursor.Short();
  frame.height = cursor.Short();
  const int flags = cursor.Byte();
  frame.interlaced = (flags & 64) != 0;
  if ((flags & 128) != 0) frame.palette = ReadPalette(cursor, flags);
}

std::vector<uint8_t> ReadIndices(const Encoded& file, Cursor& cursor,
                                 const Frame& frame) {
  const int bits = cursor.Byte();
  std::vector<uint8_t> indices(static_cast<size_t>(frame.width) * frame.height);
  std::vector<uint8_t> codes;
  // Stops at a truncated block: those before it may hold all pixels.
  while (!cursor.done()) {
    const auto length = static_cast<size_t>(cursor.Byte());
    if (length == 0 || length > cursor.remaining()) break;
    const auto block = cursor.Take(length);
    codes.insert(codes.end(), block.begin(), block.end());
  }
  if (!DecodeLzw(codes, bits, indices)) {
    file.Fail("is a corrupt or truncated GIF");
  }
  return indices;
}

// The rows of a frame in file order.
std::vector<int> RowOrder(const Frame& frame) {
  using Passes = std::vector<std::pair<int, int>>;  // first row, step
  const Passes passes = frame.interlaced
                            ? Passes{{0, 8}, {4, 8}, {2, 4}, {1, 2}}
                            : Passes{{0, 1}};
  std::vector<int> rows;
  for (const auto& [first, step] : passes) {
    for (int y = first; y < frame.height; y += step) rows.push_back(y);
  }
  return rows;
}

void Paint(const Frame& frame, const std::vector<uint8_t>& indices,
           Image& image) {
  const uint8_t* from = indices.data();
  for (const int y : RowOrder(frame)) {
    uint8_t* to = image.Row(frame.top + y) + size_t{3} * frame.left;
    for (int x = 0; x < frame.width; ++x, to += 3) {
      const Rgb& color = frame.palette[*from++];
      std::copy(color.begin(), color.end(), to);
    }
  }
}

}  // namespace

Decoded DecodeGif(const Encoded& file) {
  Cursor cursor(file);
  cursor.Take(6);  // the signature
  const int width = cursor.Short();
  const int height = cursor.Short();
  const int flags = cursor.Byte();
  cursor.Take(2);
  Frame frame;
  frame.palette = (flags & 128) != 0 ? ReadPalette(cursor, flags) : GreyRamp();
  FindFrame(file, cursor, frame);
  ReadFrame(cursor, frame);
  file.CheckSize(frame.width, frame.height, kMaxPixelsPerByte);
  // The canvas grows if the frame exceeds it.
  const int right = std::max(width, frame.left + frame.width);
  const int bottom = std::max(height, frame.top + frame.height);
  file.CheckSize(right, bottom);
  const auto indices = ReadIndices(file, cursor, frame);
  Image image(right, bottom, frame.palette[frame.background]);
  Paint(frame, indices, image);
  return {.image = std::move(image)};
}

}  // namespace wsel::image
