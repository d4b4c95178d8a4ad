// Reads PNG with zlib only: libpng rejects incomplete files that Pillow reads,
// and reports errors by longjmp.

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "decoders.h"
#include "png_file.h"

namespace wsel::image {
namespace {

// Inflates the data chunks as one stream.
class Inflater {
 public:
  explicit Inflater(std::span<const std::span<const std::byte>> pieces)
      : pieces_(pieces) {
    if (inflateInit(&stream_) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  enum class Status { kFilled, kTruncated, kCorrupt };
  Status Read(std::span<uint8_t> out) {
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    while (stream_.avail_out > 0) {
      if (ended_ || !Refill()) return Status::kTruncated;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code < 0 || code == Z_NEED_DICT) return Status::kCorrupt;
      ended_ = code == Z_STREAM_END;
    }
    return Status::kFilled;
  }
  // The last read reached the end of the stream.
  bool ended() const { return ended_; }

 private:
  bool Refill() {
    while (stream_.avail_in == 0) {
      if (pieces_.empty()) return false;
      // A chunk is shorter than 2^32 bytes, as its length field is.
      stream_.next_in = const_cast<Bytef*>(
          reinterpret_cast<const Bytef*>(pieces_.front().data()));
      stream_.avail_in = static_cast<uInt>(pieces_.front().size());
      pieces_ = pieces_.subspan(1);
    }
    return true;
  }

  bool ended_ = false;
  std::span<const std::span<const std::byte>> pieces_;
  z_stream stream_ = {};
};

uint8_t Paeth(int left, int above, int corner) {
  const int to_left = std::abs(above - corner);
  const int to_above = std::abs(left - corner);
  const int to_corner = std::abs(left + above - 2 * corner);
  if (to_left <= to_above && to_left <= to_corner) {
    return static_cast<uint8_t>(left);
  }
  return static_cast<uint8_t>(to_above <= to_corner ? above : corner);
}

// Undoes filter row[0] on the bytes that follow it; `step` is the bytes per
// pixel. False if the filter is unknown.
bool Unfilter(std::span<uint8_t> row, std::span<const uint8_t> above,
              size_t step) {
  const uint8_t filter = row[0];
  if (filter > 4) return false;
  if (filter == 0) return true;
  for (size_t i = 1; i < row.size(); ++i) {
    const int left = i > step ? row[i - step] : 0;
    const int corner = i > step ? above[i - step] : 0;
    int guess = 0;
    if (filter == 1) guess = left;
    if (filter == 2) guess = above[i];
    if (filter == 3) guess = (left + above[i]) / 2;
    if (filter == 4) guess = Paeth(left, above[i], corner);
    row[i] = static_cast<uint8_t>(row[i] + guess);
  }
  return true;
}

// A sample of less than 8 bits.
int SmallSample(const uint8_t* raw, int i, int depth) {
  const int bit = i * depth;
  return raw[bit / 8] >> (8 - depth - bit % 8) & ((1 << depth) - 1);
}

uint8_t GreySample(const uint8_t* raw, int i, int depth) {
  if (depth == 16) {
    // Pillow clips instead of scaling.
    raw += size_t{2} * i;
    return raw[0] == 0 ? raw[1] : 255;
  }
  return static_cast<uint8_t>(SmallSample(raw, i, depth) *
                              (255 / ((1 << depth) - 1)));
}

Rgb PixelOf(const PngFile& png, const uint8_t* raw, int i) {
  if (png.color == 3) return png.palette[SmallSample(raw, i, png.depth)];
  if (png.color == 0) {
    const uint8_t grey = GreySample(raw, i, png.depth);
    return {grey, grey, grey};
  }
  const int bytes = png.depth / 8;
  raw += static_cast<ptrdiff_t>(i) * png.channels() * bytes;
  if (png.color == 4) return {raw[0], raw[0], raw[0]};
  return {raw[0], raw[bytes], raw[size_t{2} * bytes]};
}

// One of the seven passes of Adam7. A non-interlaced image is one pass with
// steps of 1.
struct Pass {
  int first_x;
  int first_y;
  int step_x;
  int step_y;
};

constexpr Pass kAdam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8},
                           {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2},
                           {0, 1, 1, 2}};
constexpr Pass kNonInterlaced = {0, 0, 1, 1};

void ReadPass(const Encoded& file, const PngFile& png, const Pass& pass,
              Inflater& inflater, Decoded& decoded) {
  // Rounded up.
  const int columns =
      (png.width - pass.first_x + pass.step_x - 1) / pass.step_x;
  if (columns <= 0) return;
  const size_t length = (static_cast<size_t>(columns) * png.bits() + 7) / 8;
  std::vector<uint8_t> row(length + 1);
  std::vector<uint8_t> above(length + 1);
  for (int y = pass.first_y; y < png.height; y += pass.step_y) {
    // Like Pillow, accept a complete stream with too few rows.
    if (inflater.ended()) {
      decoded.damaged = true;
      return;
    }
    const auto status = inflater.Read(row);
    if (status == Inflater::Status::kTruncated) {
      file.Fail("is a truncated PNG");
    }
    if (status == Inflater::Status::kCorrupt ||
        !Unfilter(row, above, (static_cast<size_t>(png.bits()) + 7) / 8)) {
      file.Fail("is a PNG with corrupt data");
    }
    uint8_t* to = decoded.image.Row(y) + static_cast<size_t>(pass.first_x) * 3;
    for (int i = 0; i < columns; ++i, to += size_t{3} * pass.step_x) {
      const Rgb pixel = PixelOf(png, row.data() + 1, i);
      std::copy(pixel.begin(), pixel.end(), to);
    }
    std::swap(row, above);
  }
}

}  // namespace

Decoded DecodePng(const Encoded& file) {
  const PngFile png = ParsePng(file);
  Decoded decoded = {.image = Image(png.width, png.height),
                     .trailing_bytes = png.trailing_bytes,
                     .no_end = png.no_end};
  if (png.depth == 16) {
    decoded.narrowed =
        png.color == 0 ? Narrowed::kClipped : Narrowed::kUpperByte;
  }
  Inflater inflater(png.data);
  const auto passes = png.interlaced ? std::span<const Pass>(kAdam7)
                                     : std::span(&kNonInterlaced, 1);
  for (const Pass& pass : passes) {
    ReadPass(file, png, pass, inflater, decoded);
  }
  return decoded;
}

}  // namespace wsel::image
