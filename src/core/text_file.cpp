#include "wsel/core/text_file.h"

#include "wsel/core/error.h"
#include "wsel/core/mapped_file.h"

namespace wsel {

std::string ReadText(const std::filesystem::path& path) {
  constexpr size_t kMaxSize = size_t{256} << 20;
  const MappedFile file(path);
  const auto bytes = file.bytes();
  if (bytes.size() > kMaxSize) {
    throw Error(ErrorKind::kIo, path.string(),
                "is larger than 256 MB, the limit for text files");
  }
  std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                        bytes.size());
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return std::string(text);
}

}  // namespace wsel
