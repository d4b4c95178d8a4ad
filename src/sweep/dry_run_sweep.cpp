#include <fmt/format.h>

#include <algorithm>

#include "wsel/core/duration.h"
#include "wsel/session/step_costs.h"
#include "wsel/session/training_steps.h"
#include "wsel/sweep/run_sweep.h"

namespace wsel::sweep {

void DryRunSweep(const SweepRequest& request, const SweepFile& file,
                 const std::vector<PlannedRun>& runs,
                 const session::Print& print) {
  print(fmt::format("{}: {} runs\n", file.name, runs.size()));
  if (!file.about.empty()) print(fmt::format("{}\n", file.about));
  session::StepCosts costs(request.call.device, request.call.threads);
  session::TrainingSteps training;
  double seconds = 0;
  bool known = true;
  size_t shared = 0;
  for (const auto& run : runs) {
    shared += run.other_labels.size();
    const int64_t steps = training.Of(run.recipe);
    if (file.probes) {
      print(fmt::format("{}\n", run.name()));
    } else if (steps == 0) {
      known = false;
      print(
          fmt::format("{}  steps unknown without the data set\n", run.name()));
    } else {
      const double estimate =
          static_cast<double>(steps) * costs.SecondsOf(run.recipe);
      seconds += estimate;
      print(fmt::format("{}  {} steps, about {}\n", run.name(), steps,
                        DurationText(estimate)));
    }
  }
  if (shared > 0) {
    print(fmt::format("{} other combinations are identical to listed runs\n",
                      shared));
  }
  for (const std::string& missing : MissingFiles(runs)) {
    print(fmt::format("missing     {}\n", missing));
  }
  if (file.probes) return;
  const int jobs = std::max(1, request.jobs);
  // How much faster ranks are is not known before they run.
  const bool ranks = request.call.ranks_per_run > 1;
  print(
      fmt::format("{} {} for all steps at --jobs {} (a step timed on {}{}){}\n",
                  known ? "about" : "at least", DurationText(seconds / jobs),
                  jobs, costs.device_name(), ranks ? ", by one rank" : "",
                  known ? "" : ", plus the runs of unknown length"));
}

}  // namespace wsel::sweep
