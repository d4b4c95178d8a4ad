#include <fmt/format.h>

#include <algorithm>

#include "sweep_args.h"
#include "torch_commands.h"
#include "wsel/core/duration.h"
#include "wsel/session/step_costs.h"
#include "wsel/session/training_steps.h"

namespace wsel::cli {

void DryRunSweep(const SweepArgs& args, const sweep::SweepFile& file,
                 const std::vector<sweep::PlannedRun>& runs) {
  fmt::print("{}: {} runs\n", file.name, runs.size());
  if (!file.about.empty()) fmt::print("{}\n", file.about);
  session::StepCosts costs(args.call.device, args.call.threads);
  session::TrainingSteps training;
  double seconds = 0;
  bool known = true;
  size_t shared = 0;
  for (const auto& run : runs) {
    shared += run.other_labels.size();
    const int64_t steps = training.Of(run.recipe);
    if (file.probes) {
      fmt::print("{}\n", run.name());
    } else if (steps == 0) {
      known = false;
      fmt::print("{}  steps unknown without the data set\n", run.name());
    } else {
      const double estimate =
          static_cast<double>(steps) * costs.SecondsOf(run.recipe);
      seconds += estimate;
      fmt::print("{}  {} steps, about {}\n", run.name(), steps,
                 DurationText(estimate));
    }
  }
  if (shared > 0) {
    fmt::print("{} other combinations are identical to listed runs\n", shared);
  }
  for (const std::string& missing : sweep::MissingFiles(runs)) {
    fmt::print("missing     {}\n", missing);
  }
  if (file.probes) return;
  const int jobs = std::max(1, args.jobs);
  // How much faster ranks are is not known before they run.
  const bool ranks = args.call.ranks_per_run > 1;
  fmt::print("{} {} for all steps at --jobs {} (a step timed on {}{}){}\n",
             known ? "about" : "at least", DurationText(seconds / jobs), jobs,
             costs.device_name(), ranks ? ", by one rank" : "",
             known ? "" : ", plus the runs of unknown length");
}

}  // namespace wsel::cli
