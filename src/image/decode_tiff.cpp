// TIFF by libtiff: the first page, turned upright by its orientation. RGB and
// grey images have the pixels of Pillow's TiffImagePlugin; images of other
// numbers of channels have all samples as they are.

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "cmyk.h"
#include "decoders.h"
#include "tiff_file.h"
#include "wsel/image/channels.h"
#include "wsel/image/orientation.h"

namespace wsel::image {
namespace {

// How the samples of a pixel are stored, and what they mean.
struct TiffLayout {
  uint32_t width = 0;
  uint32_t height = 0;
  uint16_t bits = 1;
  uint16_t samples = 1;
  uint16_t photometric = PHOTOMETRIC_MINISBLACK;
  bool planar = false;
  bool premultiplied = false;  // colours by alpha
  bool as_they_are = false;    // all samples, of a model of so many channels
  size_t used = 1;             // the first samples, which decide the colour
};

class TiffReader {
 public:
  explicit TiffReader(const Encoded& encoded)
      : encoded_(encoded),
        file_{.bytes = encoded.bytes, .error = {}},
        // The tables of a small image, or the largest one in 16-bit RGBA.
        tiff_(OpenTiff(file_, static_cast<tmsize_t>(std::max<int64_t>(
                                  1 << 20, encoded.limits.max_pixels * 8)))) {
    if (!tiff_) Corrupt();
    layout_ = ReadLayout();
  }

  Decoded Read() {
    ReadSamples();
    Image image = layout_.as_they_are ? AllSamples() : InRgb();
    const int orientation = Field(TIFFTAG_ORIENTATION, 1);
    if (orientation >= 2 && orientation <= 8) {
      image = MapChannels(image, [&](const Image& three) {
        return Upright(three, orientation);
      });
    }
    return {.image = std::move(image),
            .narrowed = layout_.bits != 16  ? Narrowed::kNo
                        : layout_.used == 1 ? Narrowed::kClipped
                                            : Narrowed::kUpperByte};
  }

 private:
  Image InRgb() const {
    Image image(static_cast<int>(layout_.width),
                static_cast<int>(layout_.height));
    uint8_t* to = image.bytes().data();
    for (size_t at = 0; at < samples_.size(); at += layout_.used, to += 3) {
      ToRgb(&samples_[at], to);
    }
    return image;
  }

  Image AllSamples() {
    Image image = Image::OfChannels(static_cast<int>(layout_.width),
                                    static_cast<int>(layout_.height),
                                    static_cast<int>(layout_.used));
    std::ranges::copy(samples_, image.bytes().begin());
    return image;
  }

  [[noreturn]] void Corrupt() const {
    encoded_.Fail("is a TIFF image that is corrupt or truncated{}{}",
                  file_.error.empty() ? "" : ": ", file_.error);
  }

  uint16_t Field(uint32_t tag, uint16_t otherwise) const {
    uint16_t value = otherwise;
    return TIFFGetFieldDefaulted(tiff_.get(), tag, &value) ? value : otherwise;
  }

  TiffLayout ReadLayout() {
    TiffLayout layout;
    if (!TIFFGetField(tiff_.get(), TIFFTAG_IMAGEWIDTH, &layout.width) ||
        !TIFFGetField(tiff_.get(), TIFFTAG_IMAGELENGTH, &layout.height)) {
      Corrupt();
    }
    layout.bits = Field(TIFFTAG_BITSPERSAMPLE, 1);
    layout.samples = Field(TIFFTAG_SAMPLESPERPIXEL, 1);
    layout.photometric = Field(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    layout.planar = Field(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) ==
                    PLANARCONFIG_SEPARATE;
    CheckPixels(layout);
    if (!IsRgbOrGrey(encoded_.in_chans)) {
      UseAllSamples(layout);
      return layout;
    }
    ChooseColours(layout);
    ReadExtraSamples(layout);
    ReadColourMap(layout);
    return layout;
  }

  // Whatever they mean: bands beside the colours, or no colours at all.
  void UseAllSamples(TiffLayout& layout) const {
    if (layout.samples != encoded_.in_chans) {
      ThrowOtherChannels(encoded_.name, layout.samples, encoded_.in_chans);
    }
    const bool stored_as_such = layout.photometric == PHOTOMETRIC_MINISBLACK ||
                                layout.photometric == PHOTOMETRIC_RGB ||
                                layout.photometric == PHOTOMETRIC_SEPARATED;
    const uint16_t format = Field(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    if (!stored_as_such || format != SAMPLEFORMAT_UINT ||
        (layout.bits != 8 && layout.bits != 16)) {
      encoded_.Fail(
          "is a TIFF image of {} channels, {} bits, sample format {} and "
          "photometric interpretation {}; of other than 1 and 3 channels those "
          "of 8 or 16 bits are read, unsigned integers (1) of the "
          "interpretation 1, 2 or 5",
          layout.samples, layout.bits, format, layout.photometric);
    }
    layout.as_they_are = true;
    layout.used = layout.samples;
    CheckSamples(layout);
  }

  // As CheckPixels, but of all samples: no more than an RGB image has, nor than
  // the file can hold. The product is below 2^42.
  void CheckSamples(const TiffLayout& layout) const {
    const int64_t samples =
        int64_t{layout.width} * layout.height * layout.samples;
    const bool stored =
        Field(TIFFTAG_COMPRESSION, COMPRESSION_NONE) == COMPRESSION_NONE;
    const int64_t held =
        int64_t{65536} +
        (stored ? 1 : kDensest) * static_cast<int64_t>(encoded_.size());
    const int64_t most = std::min(3 * encoded_.limits.max_pixels, held);
    if (samples <= most) return;
    encoded_.Fail(
        "claims {} x {} pixels of {} channels, too many samples for the limit "
        "or its {} bytes",
        layout.width, layout.height, layout.samples, encoded_.size());
  }

  // Deflate's densest byte has 1,032 bytes, of eight pixels at most.
  static constexpr int64_t kDensest = int64_t{1032} * 8;

  // A fax of white rows has a bit for each of them.
  void CheckPixels(const TiffLayout& layout) const {
    const uint16_t compression = Field(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    const bool fax = compression == COMPRESSION_CCITTRLE ||
                     compression == COMPRESSION_CCITTFAX3 ||
                     compression == COMPRESSION_CCITTFAX4;
    encoded_.CheckSize(layout.width, layout.height,
                       compression == COMPRESSION_NONE ? 8
                       : fax                           ? 0
                                                       : kDensest);
  }

  void ChooseColours(TiffLayout& layout) {
    if (layout.photometric == PHOTOMETRIC_YCBCR &&
        Field(TIFFTAG_COMPRESSION, COMPRESSION_NONE) == COMPRESSION_JPEG) {
      TIFFSetField(tiff_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      layout.photometric = PHOTOMETRIC_RGB;
    }
    switch (layout.photometric) {
      case PHOTOMETRIC_MINISWHITE:
      case PHOTOMETRIC_MINISBLACK:
      case PHOTOMETRIC_PALETTE:
        layout.used = 1;
        break;
      case PHOTOMETRIC_RGB:
        layout.used = 3;
        break;
      case PHOTOMETRIC_SEPARATED:
        layout.used = 4;
        break;
      default:
        encoded_.Fail(
            "is a TIFF image of photometric interpretation {}; read are grey, "
            "RGB, palette and CMYK images, and YCbCr in JPEG compression",
            layout.photometric);
    }
    const bool grey = layout.photometric <= PHOTOMETRIC_MINISBLACK;
    const bool narrow =
        (grey || layout.photometric == PHOTOMETRIC_PALETTE) &&
        (layout.bits == 1 || layout.bits == 2 || layout.bits == 4);
    const bool wide =
        layout.bits == 16 && layout.photometric != PHOTOMETRIC_PALETTE;
    if (Field(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT) != SAMPLEFORMAT_UINT ||
        !(layout.bits == 8 || narrow || wide)) {
      encoded_.Fail(
          "is a TIFF image of {}-bit samples of format {}; read are unsigned "
          "integers of 8 or 16 bits, of grey and palette images also of less",
          layout.bits, Field(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT));
    }
  }

  // What follows the colours is alpha or of unknown meaning; of grey images
  // only one alpha is accepted, as several channels of data look like that.
  void ReadExtraSamples(TiffLayout& layout) const {
    uint16_t count = 0;
    const uint16_t* kinds = nullptr;
    if (!TIFFGetField(tiff_.get(), TIFFTAG_EXTRASAMPLES, &count, &kinds)) {
      count = 0;
    }
    const bool grey = layout.photometric <= PHOTOMETRIC_MINISBLACK;
    if (layout.samples < layout.used || layout.samples > layout.used + 3 ||
        (grey && layout.samples > 1 && !(layout.samples == 2 && count == 1))) {
      ThrowOtherChannels(encoded_.name, layout.samples, encoded_.in_chans);
    }
    layout.premultiplied = layout.photometric == PHOTOMETRIC_RGB &&
                           layout.samples > 3 && count > 0 &&
                           kinds[0] == EXTRASAMPLE_ASSOCALPHA;
    if (layout.premultiplied) layout.used = 4;
  }

  void ReadColourMap(const TiffLayout& layout) {
    if (layout.photometric != PHOTOMETRIC_PALETTE) return;
    std::array<const uint16_t*, 3> channels{};
    if (!TIFFGetField(tiff_.get(), TIFFTAG_COLORMAP, &channels[0], &channels[1],
                      &channels[2])) {
      Corrupt();
    }
    palette_.resize(size_t{1} << layout.bits);
    for (size_t i = 0; i < palette_.size(); ++i) {
      for (size_t c = 0; c < 3; ++c) {
        palette_[i][c] = static_cast<uint8_t>(channels[c][i] >> 8);
      }
    }
  }

  // A strip or a tile: where it begins, its size, and the sample it has if they
  // are stored apart.
  struct Block {
    uint32_t x = 0, y = 0, width = 0, height = 0;
    uint16_t sample = 0;
  };

  // All samples that are used, interleaved, as 8 bits.
  void ReadSamples() {
    samples_.resize(size_t{layout_.width} * layout_.height * layout_.used);
    const bool tiled = TIFFIsTiled(tiff_.get()) != 0;
    Block block{.width = layout_.width};
    if (tiled) {
      if (!TIFFGetField(tiff_.get(), TIFFTAG_TILEWIDTH, &block.width) ||
          !TIFFGetField(tiff_.get(), TIFFTAG_TILELENGTH, &block.height)) {
        Corrupt();
      }
    } else {
      TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_ROWSPERSTRIP, &block.height);
      block.height = std::min(block.height, layout_.height);
    }
    if (block.width == 0 || block.height == 0) Corrupt();
    CheckBlock(block, tiled);
    const auto planes =
        static_cast<uint16_t>(layout_.planar ? layout_.used : 1);
    for (block.sample = 0; block.sample < planes; ++block.sample) {
      for (block.y = 0; block.y < layout_.height; block.y += block.height) {
        for (block.x = 0; block.x < layout_.width; block.x += block.width) {
          ReadBlock(block, tiled);
        }
      }
    }
  }

  // Tiles may exceed the image, but a block's size is bounded before it is
  // allocated, and its rows hold the samples that are read from them.
  void CheckBlock(const Block& block, bool tiled) {
    const uint64_t size =
        tiled ? TIFFTileSize64(tiff_.get()) : TIFFStripSize64(tiff_.get());
    row_size_ = static_cast<size_t>(tiled ? TIFFTileRowSize64(tiff_.get())
                                          : TIFFScanlineSize64(tiff_.get()));
    const uint64_t in_row = layout_.planar ? 1 : layout_.samples;
    const uint64_t needed =
        (uint64_t{block.width} * in_row * layout_.bits + 7) / 8;
    if (size == 0 || size > MostInBlock() || row_size_ < needed ||
        size < uint64_t{row_size_} * block.height) {
      encoded_.Fail(
          "is a TIFF image of strips or tiles of {} bytes, which its "
          "size does not need",
          size);
    }
    block_.resize(static_cast<size_t>(size));
  }

  // Bytes: of a tile that is up to 1,024 pixels larger than the image, and in
  // any case little more than of the largest image in 16-bit RGBA.
  uint64_t MostInBlock() const {
    constexpr uint64_t kMargin = uint64_t{1} << 26;
    const uint64_t with_tile = 16 * (uint64_t{layout_.width} + 1024) *
                               (uint64_t{layout_.height} + 1024);
    const uint64_t of_samples = samples_.size() * layout_.bits / 8;
    const auto largest = 8 * static_cast<uint64_t>(encoded_.limits.max_pixels);
    return kMargin + std::min(std::max(with_tile, of_samples), largest);
  }

  void ReadBlock(const Block& block, bool tiled) {
    const auto size = static_cast<tmsize_t>(block_.size());
    const uint32_t rows = std::min(block.height, layout_.height - block.y);
    // Of the last strip only the rows that there are.
    const tmsize_t expected =
        tiled ? size : static_cast<tmsize_t>(row_size_ * rows);
    const tmsize_t read =
        tiled ? TIFFReadEncodedTile(tiff_.get(),
                                    TIFFComputeTile(tiff_.get(), block.x,
                                                    block.y, 0, block.sample),
                                    block_.data(), size)
              : TIFFReadEncodedStrip(
                    tiff_.get(),
                    TIFFComputeStrip(tiff_.get(), block.y, block.sample),
                    block_.data(), expected);
    if (read < expected) Corrupt();
    const uint32_t columns = std::min(block.width, layout_.width - block.x);
    const size_t stored = layout_.planar ? 1 : layout_.samples;
    const size_t wanted = layout_.planar ? 1 : layout_.used;
    for (uint32_t y = 0; y < rows; ++y) {
      const uint8_t* row = block_.data() + row_size_ * y;
      uint8_t* to =
          &samples_[((size_t{block.y} + y) * layout_.width + block.x) *
                    layout_.used];
      for (uint32_t x = 0; x < columns; ++x, to += layout_.used) {
        for (size_t s = 0; s < wanted; ++s) {
          to[s + block.sample] = Sample(row, x * stored + s);
        }
      }
    }
  }

  // Colours keep their upper byte; grey above 255 is white, as of PNGs.
  uint8_t Sample(const uint8_t* row, size_t index) const {
    if (layout_.bits == 8) return row[index];
    if (layout_.bits == 16) {
      uint16_t value = 0;
      std::memcpy(&value, row + 2 * index, sizeof value);
      return static_cast<uint8_t>(layout_.used == 1 ? std::min<int>(value, 255)
                                                    : value >> 8);
    }
    const size_t bit = index * layout_.bits;
    const int value = row[bit / 8] >> (8 - layout_.bits - bit % 8) &
                      ((1 << layout_.bits) - 1);
    const bool palette = layout_.photometric == PHOTOMETRIC_PALETTE;
    return static_cast<uint8_t>(
        palette ? value : value * 255 / ((1 << layout_.bits) - 1));
  }

  void ToRgb(const uint8_t* from, uint8_t* to) const {
    switch (layout_.photometric) {
      case PHOTOMETRIC_PALETTE:
        std::ranges::copy(palette_[*from], to);
        break;
      case PHOTOMETRIC_MINISWHITE:
        // Pillow inverts grey of up to 8 bits.
        std::fill_n(
            to, 3,
            static_cast<uint8_t>(layout_.bits == 16 ? *from : 255 - *from));
        break;
      case PHOTOMETRIC_RGB:
        for (int c = 0; c < 3; ++c) {
          to[c] =
              layout_.premultiplied ? Unmultiplied(from[c], from[3]) : from[c];
        }
        break;
      case PHOTOMETRIC_SEPARATED:
        CmykToRgb(from, to);
        break;
      default:
        std::fill_n(to, 3, *from);
    }
  }

  static uint8_t Unmultiplied(int value, int alpha) {
    if (alpha == 0) return 0;
    return static_cast<uint8_t>(std::min(value * 255 / alpha, 255));
  }

  static void CmykToRgb(const uint8_t* from, uint8_t* to) {
    const int light = 255 - from[3];
    for (int c = 0; c < 3; ++c) {
      to[c] = OfInk(from[c], light);
    }
  }

  const Encoded& encoded_;
  TiffBytes file_;
  OpenedTiff tiff_;
  TiffLayout layout_;
  std::vector<Rgb> palette_;
  size_t row_size_ = 0;
  std::vector<uint8_t> block_;
  std::vector<uint8_t> samples_;
};

}  // namespace

Decoded DecodeTiff(const Encoded& file) { return TiffReader(file).Read(); }

}  // namespace wsel::image
