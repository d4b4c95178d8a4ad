// Torch-free.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace wsel {

// Runs `action` in a forked child that ends without destructors or exit
// handlers, as a killed process does, and returns its exit code: what `action`
// returned, or 99 where it threw.
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

// File permissions do not bind root: in a child, become nobody.
inline void GiveUpRoot() {
  constexpr uid_t kNobody = 65534;
  if (geteuid() == 0 && setuid(kNobody) != 0) _exit(98);
}

}  // namespace wsel
