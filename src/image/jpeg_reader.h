// Torch-free.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>  // jpeglib.h needs it
#include <span>
// Last: it is C and knows no order.
#include <jpeglib.h>

namespace wsel::image {

// libjpeg over bytes in memory. Where the library fails it jumps; each step
// ends that jump in its own frame, which has no destructors to skip, and
// returns false. message() then says why.
class JpegReader {
 public:
  explicit JpegReader(std::span<const std::byte> bytes);
  ~JpegReader();
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  // Up to the first scan.
  bool ReadHeader();
  // With the colours set in info(). Reads all scans of a progressive file.
  bool Start();
  // The next row: width * output_components bytes.
  bool ReadRow(uint8_t* row);
  // Up to the end marker.
  bool Finish();

  jpeg_decompress_struct& info() { return info_; }
  const char* message() const { return message_; }

  // The bytes ended before the end marker.
  bool ended() const { return ended_; }
  // ... and before the last pixel.
  bool lacks_pixels() const;
  // Bytes after the end marker.
  bool has_rest() const { return !ended_ && source_.bytes_in_buffer > 0; }
  bool has_warnings() const { return errors_.num_warnings > 0; }

 private:
  template <typename Call>
  bool Step(Call call);
  void ConnectErrors();
  void ConnectSource(std::span<const std::byte> bytes);
  void LimitScans();
  void PretendEnd();

  jpeg_decompress_struct info_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_source_mgr source_ = {};
  jpeg_progress_mgr progress_ = {};
  std::jmp_buf jump_ = {};
  char message_[JMSG_LENGTH_MAX] = {};
  bool created_ = false;
  bool ended_ = false;
  bool invents_ = false;  // pixels, after the end
};

}  // namespace wsel::image
