#pragma once

#include <filesystem>

#include "wsel/kernels/kernel_record.h"

namespace wsel::session {

// Checks that a run whose saved state is the file `state` resumes with the
// kernels that it began with: `now` are those of this process. With
// `allow_others` a difference is only logged, as is a state that does not
// record its kernels. Errors: kConfig, naming both and how to go on; kIo,
// kFormat.
void CheckResumeKernels(const std::filesystem::path& state,
                        const kernels::KernelRecord& now, bool allow_others);

}  // namespace wsel::session
