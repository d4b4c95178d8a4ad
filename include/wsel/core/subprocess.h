// Torch-free.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace wsel {

// How a process ended: its exit code, or 128 plus the signal that killed it.
struct ExitStatus {
  int code = 0;
  int signal = 0;  // 0: none
};

// The exit code of a child that could not execute its program, as in a shell.
inline constexpr int kCannotExecute = 127;

// Open files of this process that become a child's standard streams.
struct Streams {
  int in;
  int out;
  int err;
};

// A child process in its own process group, so that a terminal's Ctrl-C reaches
// it only through Signal. It receives SIGTERM if this process dies for any
// reason. It begins with the signals blocked that this program was started
// with.
class Subprocess {
 public:
  // argv[0] is a path, or a name that is looked up in PATH. Of this process's
  // open files that are marked close-on-exec, the child inherits only
  // `inherited_fd`; -1: none. Errors: kIo.
  Subprocess(const std::vector<std::string>& argv, const Streams& streams,
             int inherited_fd = -1);
  // The same without input. stdout is written to `out` and stderr to `err`,
  // which may be the same file; both are truncated.
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

 private:
  pid_t pid_ = -1;
};

}  // namespace wsel
