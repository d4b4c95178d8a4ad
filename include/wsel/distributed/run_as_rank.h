#pragma once

#include <functional>

#include "wsel/distributed/process_group.h"

namespace wsel::distributed {

// Runs a command as one rank of the world that FindWorld finds: `body` gets the
// process group, or null if there is no world, and then nothing else is done.
// If it throws, or if another rank fails or ends, all ranks exit with the code
// of the first failure, which one of them prints: within a minute, whatever the
// ranks are doing. Errors: as FindWorld and of the store (ProcessGroup);
// without a world what `body` throws.
void RunAsRank(const JoinOptions& options,
               const std::function<void(ProcessGroup*)>& body);

}  // namespace wsel::distributed
