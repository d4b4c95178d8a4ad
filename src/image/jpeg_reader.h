// Torch-free.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>  // jpeglib.h needs it
#include <span>
// Last: it needs the headers above.
#include <jpeglib.h>

namespace wsel::image {

// libjpeg over bytes in memory. libjpeg reports errors by longjmp; each method
// catches the jump in a frame that has no destructors to skip, and returns
// false. message() is then the reason.
class JpegReader {
 public:
  explicit JpegReader(std::span<const std::byte> bytes);
  ~JpegReader();
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  // Reads up to the first scan.
  bool ReadHeader();
  // Starts decoding to the colour space set in info(). Reads all scans of a
  // progressive file.
  bool Start();
  // Reads the next row: width * output_components bytes.
  bool ReadRow(uint8_t* row);
  // Reads up to the end marker.
  bool Finish();

  jpeg_decompress_struct& info() { return info_; }
  const char* message() const { return message_; }

  // The bytes ended before the end marker.
  bool truncated() const { return truncated_; }
  // The bytes ended before the last pixel.
  bool missing_pixels() const;
  // Bytes follow the end marker.
  bool has_trailing_bytes() const {
    return !truncated_ && source_.bytes_in_buffer > 0;
  }
  bool has_warnings() const { return errors_.num_warnings > 0; }

 private:
  template <typename Call>
  bool Try(Call call);
  void InstallErrorHandler();
  void InstallSource(std::span<const std::byte> bytes);
  void LimitScans();
  void InsertEndMarker();

  jpeg_decompress_struct info_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_source_mgr source_ = {};
  jpeg_progress_mgr progress_ = {};
  std::jmp_buf jump_ = {};
  char message_[JMSG_LENGTH_MAX] = {};
  bool created_ = false;
  bool truncated_ = false;
  bool pixels_invented_ = false;  // warnings after the end of the bytes
};

}  // namespace wsel::image
