// Torch-free.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace wsel::sweep {

// How a program ended: its exit code, or 128 and the signal that killed it.
struct Ended {
  int code = 0;
  int signal = 0;  // 0: none
};

// A program that runs beside this one, in a process group of its own, so that
// a terminal's interrupt reaches it through this program alone. Where this
// program dies, whatever kills it, the child is sent SIGTERM.
class Child {
 public:
  // words[0] is the program's file. stdout goes to `out`, stderr to `err`,
  // which may be the same file; both are begun anew. Of this program's open
  // files it keeps `kept` alone. Errors: kIo.
  Child(const std::vector<std::string>& words, const std::filesystem::path& out,
        const std::filesystem::path& err, int kept = -1);
  // Ends a child that still runs by SIGTERM, and waits.
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;

  // Nothing while it runs.
  std::optional<Ended> Poll();
  Ended Wait();
  void Signal(int signal) const;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace wsel::sweep
