#include "wsel/core/error.h"

namespace wsel {
namespace {

std::string Join(std::string_view where, std::string_view message) {
  std::string text(where);
  if (!text.empty()) text += ": ";
  return text.append(message);
}

}  // namespace

Error::Error(ErrorKind kind, std::string_view where, std::string_view message)
    : std::runtime_error(Join(where, message)), kind_(kind), where_(where) {}

}  // namespace wsel
