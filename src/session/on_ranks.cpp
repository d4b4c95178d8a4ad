#include "wsel/session/on_ranks.h"

#include <ATen/Parallel.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "wsel/core/error.h"
#include "wsel/distributed/own_ranks.h"
#include "wsel/distributed/run_as_rank.h"
#include "wsel/session/log.h"
#include "wsel/train/device.h"

namespace wsel::session {
namespace {

using distributed::ProcessEnvironment;
using distributed::ProcessGroup;

// The ranks print their errors themselves.
void StartRanks(int ranks, const ProgramCall& call, const std::string& device) {
  train::RequireDevices(device, ranks);
  const int code = distributed::RunOwnRanks(ranks, call.argv);
  if (code == 0) return;
  std::fflush(nullptr);
  std::_Exit(code);
}

void Silence() {
  if (std::freopen("/dev/null", "w", stdout) == nullptr) {
    ThrowErrno("/dev/null", "cannot be opened");
  }
  LogOnlyErrors();
}

}  // namespace

void RunOnRanks(const RankOptions& options, const ProgramCall& call,
                const std::string& device, const std::filesystem::path& folder,
                const std::function<void(ProcessGroup*)>& body) {
  const int ranks = CountRanks(options);
  const auto world = distributed::FindWorld(ProcessEnvironment);
  if (!world && ranks > 1) return StartRanks(ranks, call, device);
  if (world && world->rank > 0) Silence();
  distributed::RunAsRank(
      {.rendezvous_timeout = std::chrono::seconds(options.rendezvous_timeout),
       .folder = folder},
      [&](ProcessGroup* group) {
        try {
          body(group);
        } catch (const Error& e) {  // a rank prints it without returning
          throw call.naming(e);
        }
      });
}

c10::Device PrepareRank(ProcessGroup* group, const std::string& device,
                        int threads) {
  if (threads > 0) at::set_num_threads(threads);
  if (group == nullptr) return train::FindDevice(device);
  // torchrun sets the variable too.
  if (threads == 0 && ProcessEnvironment("OMP_NUM_THREADS").empty()) {
    at::set_num_threads(distributed::ProcessorsPerRank(group->local_size()));
  }
  const c10::Device found =
      train::FindRankDevice(device, group->local_rank(), group->local_size());
  group->UseDevice(found);
  return found;
}

}  // namespace wsel::session
