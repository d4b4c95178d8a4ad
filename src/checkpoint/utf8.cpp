#include "wsel/checkpoint/utf8.h"

#include <algorithm>

namespace wsel::checkpoint {

bool IsTensorName(std::string_view name) {
  const auto is_control = [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 || code == 0x7F;
  };
  return !name.empty() && name.size() <= 1024 && IsUtf8(name) &&
         std::none_of(name.begin(), name.end(), is_control);
}

}  // namespace wsel::checkpoint
