#include <algorithm>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it
#include <string_view>
#include <utility>
#include <vector>

#include "cmyk.h"
#include "decoders.h"
// Last: it needs the headers above.
#include <jpeglib.h>

// Other libraries of this interface cannot skip pixels, and several versions of
// libjpeg-turbo before this one repaired how they do it.
#if defined(LIBJPEG_TURBO_VERSION_NUMBER) && \
    LIBJPEG_TURBO_VERSION_NUMBER >= 2001005
#define WSEL_PART_OF_JPEG 1
#endif

namespace wsel::image {
namespace {

// A block of 64 pixels takes at least two bits unless the file is all header;
// four times that.
constexpr int64_t kMaxPixelsPerByte = 1024;

// Ordinary images have about ten scans. Each takes time in proportion to the
// number of pixels, so that a small file could cost hours.
constexpr int kMaxScans = 500;

// Columns that are decoded beside a window: libjpeg interpolates chroma between
// neighbours, and replicates it at the edges of what it decodes. One sample of
// chroma is at most 4 pixels wide.
constexpr int kMargin = 8;

// libjpeg over bytes in memory. libjpeg reports errors by longjmp; Try catches
// the jump in a frame that has no destructors to skip. All methods throw
// kFormat.
class JpegReader {
 public:
  explicit JpegReader(const Encoded& file) : file_(file) {
    InstallErrorHandler();
    Try([this] { jpeg_create_decompress(&info_); });
    info_.client_data = this;
    InstallSource();
    LimitScans();
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  // Reads up to the first scan.
  void ReadHeader() {
    Try([this] { jpeg_read_header(&info_, TRUE); });
  }
  // Starts decoding to the colour space set in info(). Reads all scans of a
  // progressive file.
  void Start() {
    Try([this] { jpeg_start_decompress(&info_); });
  }
  // Reads the next row: width * output_components bytes.
  void ReadRow(uint8_t* row) {
    Try([this, row]() mutable { jpeg_read_scanlines(&info_, &row, 1); });
  }
#if defined(WSEL_PART_OF_JPEG)
  // Restricts the rows to these columns, and sets them to those that whole MCUs
  // have.
  void CropColumns(JDIMENSION& first, JDIMENSION& count) {
    Try([&] { jpeg_crop_scanline(&info_, &first, &count); });
  }
  // Reads rows without computing their pixels. Skipping the last row would not
  // read them.
  void SkipRows(int count) {
    if (count == 0) return;
    Try([&] { jpeg_skip_scanlines(&info_, static_cast<JDIMENSION>(count)); });
  }
#endif
  // Reads up to the end marker. An error if the bytes ended before the last
  // pixel.
  void Finish() {
    if (missing_pixels()) Fail();
    Try([this] { jpeg_finish_decompress(&info_); });
  }

  jpeg_decompress_struct& info() { return info_; }
  // The bytes ended before the end marker.
  bool truncated() const { return truncated_; }
  // Bytes follow the end marker.
  bool has_trailing_bytes() const {
    return !truncated_ && source_.bytes_in_buffer > 0;
  }
  bool has_warnings() const { return errors_.num_warnings > 0; }

 private:
  static JpegReader& ReaderOf(j_common_ptr info) {
    return *static_cast<JpegReader*>(info->client_data);
  }

  [[noreturn]] void Fail() const {
    if (truncated_) file_.Fail("is a truncated JPEG");
    file_.Fail("is a corrupt JPEG ({})", message_);
  }

  template <typename Call>
  void Try(Call call) {
    if (!Returns(call)) Fail();
  }
  template <typename Call>
  bool Returns(Call& call) {
    if (setjmp(jump_) != 0) return false;
    call();
    return true;
  }

  void InstallErrorHandler() {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) {
      JpegReader& reader = ReaderOf(info);
      info->err->format_message(info, reader.message_);
      std::longjmp(reader.jump_, 1);
    };
    errors_.emit_message = [](j_common_ptr info, int level) {
      if (level >= 0) return;  // a trace
      ++info->err->num_warnings;
      JpegReader& reader = ReaderOf(info);
      reader.pixels_invented_ = reader.pixels_invented_ || reader.truncated_;
    };
  }

  void LimitScans() {
    progress_.progress_monitor = [](j_common_ptr info) {
      JpegReader& reader = ReaderOf(info);
      if (reader.info_.input_scan_number <= kMaxScans) return;
      constexpr std::string_view kText = "too many scans";
      kText.copy(reader.message_, kText.size());
      std::longjmp(reader.jump_, 1);
    };
    info_.progress = &progress_;
  }

  void InsertEndMarker() {
    static constexpr JOCTET kEnd[] = {0xFF, JPEG_EOI};
    truncated_ = true;
    source_.next_input_byte = kEnd;
    source_.bytes_in_buffer = sizeof(kEnd);
  }

  void InstallSource() {
    source_.next_input_byte = file_.data();
    source_.bytes_in_buffer = file_.size();
    source_.init_source = [](j_decompress_ptr) {};
    source_.term_source = [](j_decompress_ptr) {};
    source_.resync_to_restart = jpeg_resync_to_restart;
    source_.fill_input_buffer = [](j_decompress_ptr info) -> boolean {
      ReaderOf(reinterpret_cast<j_common_ptr>(info)).InsertEndMarker();
      return TRUE;
    };
    // `long` is libjpeg's type. NOLINTNEXTLINE(google-runtime-int)
    source_.skip_input_data = [](j_decompress_ptr info, long count) {
      JpegReader& reader = ReaderOf(reinterpret_cast<j_common_ptr>(info));
      jpeg_source_mgr& source = reader.source_;
      if (count <= 0) return;
      if (static_cast<size_t>(count) > source.bytes_in_buffer) {
        reader.InsertEndMarker();
        return;
      }
      source.next_input_byte += count;
      source.bytes_in_buffer -= static_cast<size_t>(count);
    };
    info_.src = &source_;
  }

  // The bytes ended before the last pixel.
  bool missing_pixels() const {
    if (!truncated_) return false;
    if (pixels_invented_) return true;
    if (info_.coef_bits == nullptr) return false;
    // Progressive: the last bit of each coefficient must have been read.
    for (int c = 0; c < info_.num_components; ++c) {
      const int* bits = info_.coef_bits[c];
      if (std::any_of(bits, bits + DCTSIZE2, [](int b) { return b != 0; })) {
        return true;
      }
    }
    return false;
  }

  const Encoded& file_;
  jpeg_decompress_struct info_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_source_mgr source_ = {};
  jpeg_progress_mgr progress_ = {};
  std::jmp_buf jump_ = {};
  char message_[JMSG_LENGTH_MAX] = {};
  bool truncated_ = false;
  bool pixels_invented_ = false;  // warnings after the end of the bytes
};

void ReadHeader(const Encoded& file, JpegReader& reader) {
  reader.ReadHeader();
  auto& info = reader.info();
  if (info.data_precision != 8) {
    file.Fail("is a JPEG with {} bits per channel; only 8 are supported",
              info.data_precision);
  }
  const int channels = info.num_components;
  if (channels != 1 && channels != 3 && channels != 4) {
    file.Fail("is a JPEG with {} channels; 1, 3 and 4 are supported", channels);
  }
  info.out_color_space = channels == 1   ? JCS_GRAYSCALE
                         : channels == 3 ? JCS_RGB
                                         : JCS_CMYK;
  file.CheckSize(info.image_width, info.image_height, kMaxPixelsPerByte);
}

// Adobe's CMYK JPEGs store 255 minus the ink; Pillow assumes this for all.
void FromCmyk(const uint8_t* cmyk, int width, uint8_t* rgb) {
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    const int light = cmyk[3];
    for (int c = 0; c < 3; ++c) {
      rgb[c] = OfInk(255 - cmyk[c], light);
    }
  }
}

void FromGrey(const uint8_t* grey, int width, uint8_t* rgb) {
  for (int i = 0; i < 3 * width; ++i) rgb[i] = grey[i / 3];
}

void ReadRows(JpegReader& reader, Image& image) {
  const int channels = reader.info().num_components;
  std::vector<uint8_t> row(static_cast<size_t>(image.width()) * channels);
  for (int y = 0; y < image.height(); ++y) {
    uint8_t* to = channels == 3 ? image.Row(y) : row.data();
    reader.ReadRow(to);
    if (channels == 1) FromGrey(row.data(), image.width(), image.Row(y));
    if (channels == 4) FromCmyk(row.data(), image.width(), image.Row(y));
  }
}

#if defined(WSEL_PART_OF_JPEG)
bool IsPart(const Window& window, const Image& image) {
  const bool inside = window.left >= 0 && window.top >= 0 && window.width > 0 &&
                      window.height > 0 &&
                      window.width <= image.width() - window.left &&
                      window.height <= image.height() - window.top;
  return inside &&
         (window.width < image.width() || window.height < image.height());
}

// The pixels of a window of an RGB image.
void ReadWindow(JpegReader& reader, const Window& window, Image& image) {
  const int left = std::max(0, window.left - kMargin);
  const int right =
      std::min(image.width(), window.left + window.width + kMargin);
  auto first = static_cast<JDIMENSION>(left);
  auto count = static_cast<JDIMENSION>(right - left);
  reader.CropColumns(first, count);
  reader.SkipRows(window.top);
  const int end = window.top + window.height;
  for (int y = window.top; y < end; ++y) {
    reader.ReadRow(image.Row(y) + size_t{3} * first);
  }
  if (end == image.height()) return;
  std::vector<uint8_t> last(size_t{3} * count);
  reader.SkipRows(image.height() - 1 - end);
  reader.ReadRow(last.data());
}
#endif

// Reads the pixels that are needed, or all.
void ReadPixels(JpegReader& reader, const Encoded& file, Image& image) {
#if defined(WSEL_PART_OF_JPEG)
  // The others are rare; smoothing, which a progressive file may need, reaches
  // further than the margin.
  const auto& info = reader.info();
  const bool usual = info.num_components == 3 &&
                     info.progressive_mode == FALSE && info.arith_code == FALSE;
  if (file.needed && usual) {
    const Window window = file.needed(image.size());
    if (IsPart(window, image)) return ReadWindow(reader, window, image);
  }
#else
  (void)file;
#endif
  ReadRows(reader, image);
}

}  // namespace

bool DecodesWindows() {
#if defined(WSEL_PART_OF_JPEG)
  return true;
#else
  return false;
#endif
}

Decoded DecodeJpeg(const Encoded& file) {
  JpegReader reader(file);
  ReadHeader(file, reader);
  reader.Start();
  Image image(static_cast<int>(reader.info().output_width),
              static_cast<int>(reader.info().output_height));
  ReadPixels(reader, file, image);
  reader.Finish();
  return {.image = std::move(image),
          .trailing_bytes = reader.has_trailing_bytes(),
          .no_end = reader.truncated(),
          .damaged = reader.has_warnings()};
}

}  // namespace wsel::image
