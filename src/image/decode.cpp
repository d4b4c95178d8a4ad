#include "wsel/image/decode.h"

#include <fmt/format.h>

#include <utility>

#include "decoders.h"
#include "wsel/core/error.h"
#include "wsel/core/mapped_file.h"
#include "wsel/image/channels.h"

namespace wsel::image {
namespace {

// Names common formats that are not supported, for the message.
std::string_view UnsupportedFormat(std::string_view text) {
  using std::string_view_literals::operator""sv;
  constexpr std::pair<std::string_view, std::string_view> kStarts[] = {
      {"\0\0\0\x0CjP"sv, "a JPEG 2000 image"},
      {"<svg", "an SVG image"},
      {"version https://git-lfs", "a git-lfs pointer"},
  };
  for (const auto& [start, kind] : kStarts) {
    if (text.starts_with(start)) return kind;
  }
  if (text.size() > 8 && text.substr(4, 4) == "ftyp") {
    return "an AVIF, HEIC or MP4 file";
  }
  return "not a recognised image";
}

// Of both byte orders, and BigTIFF of both.
bool IsTiff(std::string_view text) {
  using std::string_view_literals::operator""sv;
  return text.starts_with("II*\0"sv) || text.starts_with("MM\0*"sv) ||
         text.starts_with("II+\0"sv) || text.starts_with("MM\0+"sv);
}

}  // namespace

void Encoded::CheckSize(int64_t width, int64_t height,
                        int64_t max_pixels_per_byte) const {
  if (width <= 0 || height <= 0) Fail("has no pixels");
  // Both are below 2^32, and the first test keeps their product in range.
  if (width > limits.max_pixels || height > limits.max_pixels / width) {
    Fail("claims {} x {} pixels; the limit is {}", width, height,
         limits.max_pixels);
  }
  if (max_pixels_per_byte == 0) return;
  constexpr int64_t kAlwaysAllowed = 65536;  // pixels
  const int64_t most =
      kAlwaysAllowed + max_pixels_per_byte * static_cast<int64_t>(size());
  if (width * height > most) {
    Fail("claims {} x {} pixels, which its {} bytes cannot hold", width, height,
         size());
  }
}

namespace {

// Of every format but TIFF.
Decoded DecodeRgb(const Encoded& file, std::string_view text) {
  if (text.starts_with("\xFF\xD8\xFF")) return DecodeJpeg(file);
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return DecodePng(file);
  if (text.starts_with("GIF87a") || text.starts_with("GIF89a")) {
    return DecodeGif(file);
  }
  if (text.starts_with("RIFF") && text.size() >= 16 &&
      text.substr(8).starts_with("WEBPVP8")) {
    return DecodeWebp(file);
  }
  if (text.starts_with("BM")) return DecodeBmp(file);
  if (text.size() > 2 && text[0] == 'P' &&
      std::string_view("2356").find(text[1]) != std::string_view::npos &&
      std::string_view(" \t\n\v\f\r#").find(text[2]) !=
          std::string_view::npos) {
    return DecodePnm(file);
  }
  file.Fail(
      "is {}; supported are JPEG, PNG, GIF, WebP, TIFF, BMP, PGM and "
      "PPM",
      UnsupportedFormat(text));
}

}  // namespace

Decoded Decode(std::span<const std::byte> bytes, const std::string& name,
               const DecodeLimits& limits, const NeededWindow& needed,
               int in_chans) {
  const Encoded file{bytes, name, limits, needed, in_chans};
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              bytes.size());
  if (text.empty()) file.Fail("is empty");
  if (IsTiff(text)) return DecodeTiff(file);
  Decoded decoded = DecodeRgb(file, text);
  if (IsRgbOrGrey(in_chans)) return decoded;
  file.Fail(
      "is an image of 3 channels (RGB), and the model takes images of {} "
      "(`in_chans`), which are read from TIFF and .npy files",
      in_chans);
}

Decoded DecodeFile(const std::filesystem::path& path,
                   const DecodeLimits& limits) {
  const MappedFile file(path);
  return Decode(file.bytes(), path.string(), limits);
}

}  // namespace wsel::image
