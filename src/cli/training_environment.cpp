#include "training_environment.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "wsel/core/signals.h"

namespace wsel::cli {
namespace {

// Thresholds in bytes, larger than any allocation of a run, so that no memory
// is returned to the kernel.
constexpr const char* kMallocTunables =
    "glibc.malloc.mmap_threshold=17179869184:"
    "glibc.malloc.trim_threshold=17179869184:"
    "glibc.malloc.top_pad=67108864:glibc.malloc.hugetlb=1";

// Returns whether the variable was unset, and is set now.
bool SetIfUnset(const char* name, const char* value) {
  if (std::getenv(name) != nullptr) return false;
  return setenv(name, value, /*overwrite=*/0) == 0;
}

}  // namespace

void ReexecWithTunedEnvironment(const char* const* argv) {
  bool set = SetIfUnset("GLIBC_TUNABLES", kMallocTunables);
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) {
    set |= SetIfUnset("GOMP_SPINCOUNT", "1000");
  }
  if (!set) return;
  // By its path, so that the process keeps its name. execv takes non-const
  // strings, but does not change them. If it fails, as without /proc, the
  // program continues untuned.
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return;
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, &InheritedSignalMask(), &blocked);
  execv(self.c_str(), const_cast<char* const*>(argv));
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

}  // namespace wsel::cli
