// Torch-free.
#pragma once

#include <fmt/core.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsel {

// Kinds of errors, by what the user has to fix. exit_code.h has the exit code
// of each.
enum class ErrorKind {
  kUsage,        // the command line
  kConfig,       // a configuration file or value
  kIo,           // the operating system: missing, unreadable, disk full
  kFormat,       // a file's content is not valid for its format
  kMismatch,     // teacher, student and classes are incompatible
  kInterrupted,  // stopped by a signal; the state is saved
};

// The only exception that this program throws on purpose. `where` is a file, a
// tensor, a JSON path or an option; `what()` is "where: message". A message
// states what is wrong and what to do about it.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string_view where, std::string_view message)
      : std::runtime_error(where.empty()
                               ? std::string(message)
                               : fmt::format("{}: {}", where, message)),
        kind_(kind),
        where_(where) {}
  // With a message in fmt's syntax.
  template <typename... Args>
  requires(sizeof...(Args) > 0)
      Error(ErrorKind kind, std::string_view where,
            fmt::format_string<Args...> message, Args&&... args)
      : Error(kind, where, fmt::format(message, std::forward<Args>(args)...)) {}

  ErrorKind kind() const { return kind_; }
  const std::string& where() const { return where_; }
  // Without the place.
  std::string_view message() const {
    const std::string_view whole = what();
    return where_.empty() ? whole : whole.substr(where_.size() + 2);
  }

 private:
  ErrorKind kind_;
  std::string where_;
};

// For a system call that failed, as errno says.
[[noreturn]] inline void ThrowErrno(std::string_view where,
                                    std::string_view action) {
  throw Error(ErrorKind::kIo, where, "{}: {}", action,
              std::generic_category().message(errno));
}

}  // namespace wsel
