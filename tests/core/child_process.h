// Torch-free.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace wsel {

// Runs `action` in a forked child that exits without destructors or exit
// handlers, like a killed process, and returns its exit code: the result of
// `action`, or 99 if it threw.
template <typename F>
int ExitCodeOfChild(F action) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      _exit(action());
    } catch (...) {
      _exit(99);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Drops root privileges in a child, since root ignores file permissions.
inline void GiveUpRoot() {
  constexpr uid_t kNobody = 65534;
  if (geteuid() == 0 && setuid(kNobody) != 0) _exit(98);
}

}  // namespace wsel
