#include "resume_kernels.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/error.h"

namespace wsel::session {

void CheckResumeKernels(const std::filesystem::path& state,
                        const kernels::KernelRecord& now, bool allow_others) {
  const auto begun = kernels::RecordIn(checkpoint::Open(state)->metadata());
  if (begun == now) return;
  if (begun.empty()) {
    spdlog::info("{} does not record which kernels the run began with",
                 state.string());
    return;
  }
  const std::string both =
      fmt::format("the run began with {}, and this process has {}",
                  kernels::Describe(begun), kernels::Describe(now));
  if (allow_others) {
    spdlog::warn("{}: the last bits of its weights will differ", both);
    return;
  }
  const std::string restore = kernels::HowToRestore(begun, now);
  throw Error(
      ErrorKind::kConfig, state.string(),
      fmt::format("{}. To go on as it began, {}; to go on with weights "
                  "that differ in their last bits, add "
                  "--allow-other-kernels",
                  both,
                  restore.empty()
                      ? "use a machine or an installation like the first"
                      : restore));
}

}  // namespace wsel::session
