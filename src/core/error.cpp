#include "wsel/core/error.h"

namespace wsel {

Error::Error(ErrorKind kind, std::string_view where, std::string_view message)
    : std::runtime_error(where.empty() ? std::string(message)
                                       : fmt::format("{}: {}", where, message)),
      kind_(kind),
      where_(where) {}

}  // namespace wsel
