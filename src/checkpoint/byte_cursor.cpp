#include "byte_cursor.h"

#include <fmt/format.h>

#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {

std::string_view ByteCursor::ReadLine() {
  const std::string_view rest(
      reinterpret_cast<const char*>(bytes_.data()) + offset_, remaining());
  const size_t length = rest.find('\n');
  if (length == std::string_view::npos) ThrowTruncated(remaining() + 1);
  offset_ += length + 1;
  return rest.substr(0, length);
}

void ByteCursor::ThrowTruncated(uint64_t count) const {
  ThrowFormatError(where_,
                   fmt::format("byte {}: truncated: expected {} bytes, found "
                               "{}; download or copy the file again",
                               offset_, count, remaining()));
}

}  // namespace wsel::checkpoint
