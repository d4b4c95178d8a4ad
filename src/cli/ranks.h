#pragma once

#include <c10/core/Device.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "commands.h"
#include "wsel/distributed/process_group.h"

namespace wsel::cli {

// How a command is divided among ranks.
struct RankArgs {
  int ranks = 0;  // to start; 0: those of the launcher, or one
  int64_t rendezvous_timeout = 300;
};

// Adds --ranks and --rendezvous-timeout.
void AddRanks(CLI::App& command, RankArgs& args);

// Runs `body` on every rank: on those that a launcher has started, on --ranks
// of its own, or, with null, in this process alone. Only the first rank writes
// to stdout and logs more than errors. `folder`: as in JoinOptions.
// Errors: kUsage if --ranks is not the launcher's number, or more than the
// GPUs; as RunAsRank.
void RunOnRanks(const RankArgs& args, const Invocation& invocation,
                const std::string& device, const std::filesystem::path& folder,
                const std::function<void(distributed::ProcessGroup*)>& body);

// Ranks that a command would have, without starting or meeting any.
int CountRanks(const RankArgs& args);

// The device of this rank, and compute threads: `threads`, or 0 for its part of
// the processors. Errors: as train::FindRankDevice.
c10::Device PrepareRank(distributed::ProcessGroup* group,
                        const std::string& device, int threads);

}  // namespace wsel::cli
