#include "tiff_file.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace wsel::image {
namespace {

TiffBytes& BytesOf(thandle_t handle) {
  return *static_cast<TiffBytes*>(handle);
}

tmsize_t ReadTiff(thandle_t handle, void* to, tmsize_t size) {
  TiffBytes& file = BytesOf(handle);
  const uint64_t rest =
      file.bytes.size() - std::min<uint64_t>(file.position, file.bytes.size());
  const auto count = std::min<uint64_t>(static_cast<uint64_t>(size), rest);
  if (count > 0) std::memcpy(to, file.bytes.data() + file.position, count);
  file.position += count;
  return static_cast<tmsize_t>(count);
}

tmsize_t WriteNoTiff(thandle_t, void*, tmsize_t) { return 0; }

toff_t SeekTiff(thandle_t handle, toff_t offset, int whence) {
  TiffBytes& file = BytesOf(handle);
  if (whence == SEEK_CUR) offset += file.position;
  if (whence == SEEK_END) offset += file.bytes.size();
  return file.position = offset;
}

int CloseTiff(thandle_t) { return 0; }

toff_t SizeOfTiff(thandle_t handle) { return BytesOf(handle).bytes.size(); }

int KeepTiffError(TIFF*, void* file, const char*, const char* format,
                  va_list arguments) {
  std::array<char, 256> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  static_cast<TiffBytes*>(file)->error = text.data();
  return 1;
}

int IgnoreTiffWarning(TIFF*, void*, const char*, const char*, va_list) {
  return 1;
}

}  // namespace

OpenedTiff OpenTiff(TiffBytes& file, tmsize_t most) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(
      TIFFOpenOptionsAlloc(), TIFFOpenOptionsFree);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), most);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), KeepTiffError, &file);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), IgnoreTiffWarning,
                                       nullptr);
  // m: not mapped.
  return {
      TIFFClientOpenExt("image", "rm", &file, ReadTiff, WriteNoTiff, SeekTiff,
                        CloseTiff, SizeOfTiff, nullptr, nullptr, options.get()),
      TIFFClose};
}

}  // namespace wsel::image
