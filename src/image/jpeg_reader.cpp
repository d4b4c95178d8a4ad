#include "jpeg_reader.h"

#include <algorithm>
#include <string_view>

namespace wsel::image {
namespace {

// A picture has some ten scans. Each costs time in proportion to the picture,
// so that a small file could ask for hours.
constexpr int kMostScans = 500;

JpegReader& ReaderOf(j_common_ptr info) {
  return *static_cast<JpegReader*>(info->client_data);
}

}  // namespace

JpegReader::JpegReader(std::span<const std::byte> bytes) {
  ConnectErrors();
  created_ = Step([this] { jpeg_create_decompress(&info_); });
  info_.client_data = this;
  ConnectSource(bytes);
  LimitScans();
}

JpegReader::~JpegReader() {
  if (created_) jpeg_destroy_decompress(&info_);
}

template <typename Call>
bool JpegReader::Step(Call call) {
  if (setjmp(jump_) != 0) return false;
  call();
  return true;
}

void JpegReader::ConnectErrors() {
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
    reader.invents_ = reader.invents_ || reader.ended_;
  };
}

void JpegReader::LimitScans() {
  progress_.progress_monitor = [](j_common_ptr info) {
    JpegReader& reader = ReaderOf(info);
    if (reader.info_.input_scan_number <= kMostScans) return;
    constexpr std::string_view kText = "too many scans";
    kText.copy(reader.message_, kText.size());
    std::longjmp(reader.jump_, 1);
  };
  info_.progress = &progress_;
}

void JpegReader::PretendEnd() {
  static constexpr JOCTET kEnd[] = {0xFF, JPEG_EOI};
  ended_ = true;
  source_.next_input_byte = kEnd;
  source_.bytes_in_buffer = sizeof(kEnd);
}

void JpegReader::ConnectSource(std::span<const std::byte> bytes) {
  source_.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
  source_.bytes_in_buffer = bytes.size();
  source_.init_source = [](j_decompress_ptr) {};
  source_.term_source = [](j_decompress_ptr) {};
  source_.resync_to_restart = jpeg_resync_to_restart;
  source_.fill_input_buffer = [](j_decompress_ptr info) -> boolean {
    ReaderOf(reinterpret_cast<j_common_ptr>(info)).PretendEnd();
    return TRUE;
  };
  // `long` is libjpeg's choice. NOLINTNEXTLINE(google-runtime-int)
  source_.skip_input_data = [](j_decompress_ptr info, long count) {
    JpegReader& reader = ReaderOf(reinterpret_cast<j_common_ptr>(info));
    jpeg_source_mgr& source = reader.source_;
    if (count <= 0) return;
    if (static_cast<size_t>(count) > source.bytes_in_buffer) {
      reader.PretendEnd();
      return;
    }
    source.next_input_byte += count;
    source.bytes_in_buffer -= static_cast<size_t>(count);
  };
  info_.src = &source_;
}

bool JpegReader::ReadHeader() {
  return created_ && Step([this] { jpeg_read_header(&info_, TRUE); });
}

bool JpegReader::Start() {
  return Step([this] { jpeg_start_decompress(&info_); });
}

bool JpegReader::ReadRow(uint8_t* row) {
  return Step([this, row]() mutable { jpeg_read_scanlines(&info_, &row, 1); });
}

bool JpegReader::Finish() {
  return Step([this] { jpeg_finish_decompress(&info_); });
}

bool JpegReader::lacks_pixels() const {
  if (!ended_) return false;
  if (invents_) return true;
  if (info_.coef_bits == nullptr) return false;
  // Progressive: the last bit of each coefficient must have come.
  for (int c = 0; c < info_.num_components; ++c) {
    const int* bits = info_.coef_bits[c];
    if (std::any_of(bits, bits + DCTSIZE2, [](int b) { return b != 0; })) {
      return true;
    }
  }
  return false;
}

}  // namespace wsel::image
