#include "wsel/session/training_environment.h"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <climits>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "wsel/core/replace_process.h"
#include "wsel/kernels/kernel_record.h"

namespace wsel::session {
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Sets a variable that libraries read when they are loaded, unless the user has
// set it. Returns whether it did.
bool SetIfUnset(const char* name, const char* value) {
  if (std::getenv(name) != nullptr) return false;
  spdlog::debug("executing with {}={}", name, value);
  return setenv(name, value, /*overwrite=*/0) == 0;
}

// huge pages, where the kernel has them on request.
constexpr const char* kTunables = "glibc.malloc.hugetlb=1";

void ReexecWithTunedEnvironment(const char* const* argv) {
  if (!SetTunedEnvironment()) return;
  // By its path, so that the process keeps its name. If it fails, as without
  // /proc, the program continues untuned.
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) ReplaceProcess(self, argv);
}

// Thresholds beyond any allocation of a run, so that no memory is returned to
// the kernel.
void KeepFreedMemory() {
#if defined(__GLIBC__)
  const auto tunables = Variable("GLIBC_TUNABLES");
  if (!tunables.empty() && tunables != kTunables) return;  // the user's choice
  mallopt(M_MMAP_THRESHOLD, INT_MAX);
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace

bool SetTunedEnvironment() {
  if (Variable("WSEL_NO_REEXEC") == "1") return false;
  bool set = SetIfUnset("GLIBC_TUNABLES", kTunables);
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) {
    // The threads of libgomp that wait for others spin only briefly: its own
    // value where it sees more threads than cores.
    set |= SetIfUnset("GOMP_SPINCOUNT", "1000");
  }
  return set;
}

void PrepareToCompute(const char* const* argv) {
  ReexecWithTunedEnvironment(argv);
  KeepFreedMemory();
  kernels::CurrentKernels();
}

}  // namespace wsel::session
