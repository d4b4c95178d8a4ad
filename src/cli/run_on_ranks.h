#pragma once

#include <c10/core/Device.h>

#include <filesystem>
#include <functional>
#include <string>

#include "commands.h"
#include "rank_args.h"
#include "wsel/distributed/process_group.h"

namespace wsel::cli {

// Runs `body` on every rank: on those that a launcher has started, on --ranks
// of its own, which are processes of this program with the same arguments, or,
// with null, only in this process. Only the first rank writes to stdout and
// logs more than errors. `folder`: as in JoinOptions.
// Errors: kUsage if --ranks is not the launcher's number, or more than the
// GPUs; as RunAsRank.
void RunOnRanks(const RankArgs& args, const Invocation& invocation,
                const std::string& device, const std::filesystem::path& folder,
                const std::function<void(distributed::ProcessGroup*)>& body);

// The device of this rank, and compute threads: `threads`, or 0 for its part of
// the processors. Errors: as train::FindRankDevice.
c10::Device PrepareRank(distributed::ProcessGroup* group,
                        const std::string& device, int threads);

}  // namespace wsel::cli
