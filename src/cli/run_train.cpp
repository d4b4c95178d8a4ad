#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "commands.h"
#include "torch_commands.h"
#include "train_args.h"
#include "wsel/select/report.h"
#include "wsel/session/on_ranks.h"
#include "wsel/session/training.h"
#include "wsel/session/training_result.h"

namespace wsel::cli {
namespace {

void PrintResult(const train::TrainResult& result, const std::string& folder) {
  fmt::print("{}", session::ResultText(result, folder));
}

}  // namespace

void RunTrain(const TrainArgs& args, const Invocation& invocation) {
  const session::TrainRequest& request = args.request;
  const auto print = [&](std::string_view text) {
    fmt::print("{}", text);
    if (!args.dry_run) std::fflush(stdout);  // training takes long
  };
  const session::TrainingView view{
      .print = [&](auto text) { print(invocation.NamingOptions(text)); },
      .config = print,
      .plan = [&](const select::Plan& plan) { print(Summary(plan)); }};
  if (args.dry_run) return DryRunTraining(request, view);
  RequireOutput(request);
  session::RunOnRanks(request.ranks, invocation.Call(), request.device,
                      request.output, [&](distributed::ProcessGroup* group) {
                        PrintResult(Train(request, group, view),
                                    request.output);
                      });
}

}  // namespace wsel::cli
