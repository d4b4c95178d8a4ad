#pragma once

#include <c10/core/Device.h>

#include <filesystem>
#include <functional>
#include <string>

#include "wsel/distributed/process_group.h"
#include "wsel/session/program_call.h"
#include "wsel/session/rank_options.h"

namespace wsel::session {

// Runs `body` on every rank: on those that a launcher has started, on
// `options.ranks` of its own, which are processes of this program with the same
// arguments, or, with null, only in this process. Only the first rank writes
// to stdout and logs more than errors. `folder`: as in JoinOptions. Errors:
// kUsage if `ranks` is not the launcher's number, or more than the GPUs; as
// RunAsRank.
void RunOnRanks(const RankOptions& options, const ProgramCall& call,
                const std::string& device, const std::filesystem::path& folder,
                const std::function<void(distributed::ProcessGroup*)>& body);

// The device of this rank, and compute threads: `threads`, or 0 for its part of
// the processors. Errors: as train::FindRankDevice.
c10::Device PrepareRank(distributed::ProcessGroup* group,
                        const std::string& device, int threads);

}  // namespace wsel::session
