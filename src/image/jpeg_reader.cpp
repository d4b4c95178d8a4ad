#include "jpeg_reader.h"

#include <algorithm>
#include <string_view>

namespace wsel::image {
namespace {

// Ordinary images have about ten scans. Each takes time in proportion to the
// number of pixels, so that a small file could cost hours.
constexpr int kMaxScans = 500;

JpegReader& ReaderOf(j_common_ptr info) {
  return *static_cast<JpegReader*>(info->client_data);
}

}  // namespace

JpegReader::JpegReader(std::span<const std::byte> bytes) {
  InstallErrorHandler();
  created_ = Try([this] { jpeg_create_decompress(&info_); });
  info_.client_data = this;
  InstallSource(bytes);
  LimitScans();
}

JpegReader::~JpegReader() {
  if (created_) jpeg_destroy_decompress(&info_);
}

template <typename Call>
bool JpegReader::Try(Call call) {
  if (setjmp(jump_) != 0) return false;
  call();
  return true;
}

void JpegReader::InstallErrorHandler() {
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

void JpegReader::LimitScans() {
  progress_.progress_monitor = [](j_common_ptr info) {
    JpegReader& reader = ReaderOf(info);
    if (reader.info_.input_scan_number <= kMaxScans) return;
    constexpr std::string_view kText = "too many scans";
    kText.copy(reader.message_, kText.size());
    std::longjmp(reader.jump_, 1);
  };
  info_.progress = &progress_;
}

void JpegReader::InsertEndMarker() {
  static constexpr JOCTET kEnd[] = {0xFF, JPEG_EOI};
  truncated_ = true;
  source_.next_input_byte = kEnd;
  source_.bytes_in_buffer = sizeof(kEnd);
}

void JpegReader::InstallSource(std::span<const std::byte> bytes) {
  source_.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
  source_.bytes_in_buffer = bytes.size();
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

bool JpegReader::ReadHeader() {
  return created_ && Try([this] { jpeg_read_header(&info_, TRUE); });
}

bool JpegReader::Start() {
  return Try([this] { jpeg_start_decompress(&info_); });
}

bool JpegReader::ReadRow(uint8_t* row) {
  return Try([this, row]() mutable { jpeg_read_scanlines(&info_, &row, 1); });
}

bool JpegReader::Finish() {
  return Try([this] { jpeg_finish_decompress(&info_); });
}

bool JpegReader::missing_pixels() const {
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

}  // namespace wsel::image
