#include "wsel/cli/calm_threads.h"

#include <unistd.h>

#include <cstdlib>

namespace wsel::cli {

void CalmThreads(const char* const* argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  if (std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/1);
  // execv takes no constant words, and changes none. Where it fails, as without
  // /proc, the program goes on as it is.
  execv("/proc/self/exe", const_cast<char* const*>(argv));
}

}  // namespace wsel::cli
