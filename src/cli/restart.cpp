#include "wsel/cli/restart.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "wsel/core/signals.h"

namespace wsel::cli {
namespace {

// In bytes: more than any block of a training, so that none goes back.
constexpr const char* kKeepMemory =
    "glibc.malloc.mmap_threshold=17179869184:"
    "glibc.malloc.trim_threshold=17179869184:"
    "glibc.malloc.top_pad=67108864:glibc.malloc.hugetlb=1";

// Whether the variable was free, and is set now.
bool SetWhereFree(const char* name, const char* value) {
  if (std::getenv(name) != nullptr) return false;
  return setenv(name, value, /*overwrite=*/0) == 0;
}

}  // namespace

void RestartForTraining(const char* const* argv) {
  bool set = SetWhereFree("GLIBC_TUNABLES", kKeepMemory);
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) {
    set |= SetWhereFree("GOMP_SPINCOUNT", "1000");
  }
  if (!set) return;
  // By its path, so that it keeps its name among the processes. execv takes no
  // constant words, and changes none. Where it fails, as without /proc, the
  // program goes on as it is.
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return;
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, &InheritedSignalMask(), &blocked);
  execv(self.c_str(), const_cast<char* const*>(argv));
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

}  // namespace wsel::cli
