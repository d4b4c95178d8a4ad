// Torch-free.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace wsel {

// What went wrong, by who can mend it. `main` alone turns a kind into an exit
// code.
enum class ErrorKind {
  kUsage,        // the command line
  kConfig,       // a configuration file or value
  kIo,           // the operating system refused: missing, unreadable, full
  kFormat,       // a file's content is not what its container promises
  kMismatch,     // teacher, student and classes do not fit each other
  kInterrupted,  // stopped by a signal; the state is saved
};

// The only exception that this program throws on purpose. `where` is a file, a
// tensor, a JSON path or an option; `what()` reads "where: message". A message
// says what is wrong and what to do about it.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string_view where, std::string_view message);

  ErrorKind kind() const { return kind_; }
  const std::string& where() const { return where_; }

 private:
  ErrorKind kind_;
  std::string where_;
};

}  // namespace wsel
