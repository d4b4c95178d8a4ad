#include "wsel/checkpoint/byte_cursor.h"

#include <fmt/format.h>

#include "wsel/checkpoint/refusal.h"

namespace wsel::checkpoint {

std::string_view ByteCursor::Line() {
  const std::string_view rest(
      reinterpret_cast<const char*>(bytes_.data()) + offset_, left());
  const size_t length = rest.find('\n');
  if (length == std::string_view::npos) ThrowTruncated(left() + 1);
  offset_ += length + 1;
  return rest.substr(0, length);
}

void ByteCursor::ThrowTruncated(uint64_t count) const {
  Refuse(where_,
         fmt::format("byte {}: truncated: {} bytes are wanted, {} are left; "
                     "download or copy the file again",
                     offset_, count, left()));
}

}  // namespace wsel::checkpoint
