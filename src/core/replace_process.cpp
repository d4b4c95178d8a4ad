#include "wsel/core/replace_process.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "wsel/core/signals.h"

namespace wsel {

void ReplaceProcess(const std::filesystem::path& program,
                    const char* const* argv) {
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, &InheritedSignalMask(), &blocked);
  // execv takes non-const strings, but does not change them.
  execv(program.c_str(), const_cast<char* const*>(argv));
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
  errno = error;
}

}  // namespace wsel
