// Torch-free.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace wsel::sweep {

// How a process ended: its exit code, or 128 plus the signal that killed it.
struct ExitStatus {
  int code = 0;
  int signal = 0;  // 0: none
};

// A child process in its own process group, so that a terminal's Ctrl-C reaches
// it only through Signal. It receives SIGTERM if this process dies for any
// reason.
class Subprocess {
 public:
  // argv[0] is the path of the executable. stdout is written to `out` and
  // stderr to `err`, which may be the same file; both are truncated. The child
  // inherits only `inherited_fd` of this process's open files; -1: none.
  // Errors: kIo.
  Subprocess(const std::vector<std::string>& argv,
             const std::filesystem::path& out, const std::filesystem::path& err,
             int inherited_fd = -1);
  // Terminates a running child by SIGTERM and waits for it.
  ~Subprocess();
  Subprocess(Subprocess&& other) noexcept;
  Subprocess& operator=(Subprocess&& other) noexcept;

  // Empty while the child runs. Once Poll or Wait has returned a status,
  // neither may be called again.
  std::optional<ExitStatus> Poll();
  // Blocks until the child exits.
  ExitStatus Wait();
  // Does nothing after the child's exit was collected.
  void Signal(int signal) const;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace wsel::sweep
