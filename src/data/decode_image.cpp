#include "wsel/data/decode_image.h"

#include <spdlog/spdlog.h>

#include <mutex>
#include <string_view>

#include "npy_image.h"
#include "wsel/checkpoint/npy.h"
#include "wsel/core/mapped_file.h"

namespace wsel::data {
namespace {

// Once for each kind, with the first file of it.
void WarnOfNarrowed(image::Narrowed narrowed, const std::string& name) {
  static std::once_flag upper_byte;
  static std::once_flag clipped;
  switch (narrowed) {
    case image::Narrowed::kNo:
      break;
    case image::Narrowed::kUpperByte:
      std::call_once(upper_byte, [&] {
        spdlog::warn(
            "{}: its values of 16 bits become 8 bits, value / 256 rounded "
            "down, as those of all such images; where they do not use the "
            "whole range, scale them before",
            name);
      });
      break;
    case image::Narrowed::kClipped:
      std::call_once(clipped, [&] {
        spdlog::warn(
            "{}: its grey of 16 bits becomes white above 255, as in Pillow, "
            "and so does that of all such images; of arrays of uint16 (.npy) "
            "the upper byte is kept",
            name);
      });
  }
}

}  // namespace

image::Decoded DecodeImage(std::span<const std::byte> bytes,
                           const std::string& name,
                           const image::DecodeLimits& limits,
                           const image::NeededWindow& needed, int in_chans) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              bytes.size());
  image::Decoded decoded =
      text.starts_with(checkpoint::kNpyMagic)
          ? DecodeNpy(bytes, name, limits, in_chans)
          : image::Decode(bytes, name, limits, needed, in_chans);
  WarnOfNarrowed(decoded.narrowed, name);
  return decoded;
}

image::Decoded DecodeImageFile(const std::filesystem::path& path,
                               const image::NeededWindow& needed,
                               int in_chans) {
  const MappedFile file(path);
  return DecodeImage(file.bytes(), path.string(), {}, needed, in_chans);
}

}  // namespace wsel::data
