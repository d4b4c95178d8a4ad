#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

#include "sweep_args.h"
#include "torch_commands.h"
#include "wsel/core/duration.h"
#include "wsel/data/sampler.h"
#include "wsel/session/open_splits.h"
#include "wsel/session/step_costs.h"

namespace wsel::cli {
namespace {

namespace fs = std::filesystem;

// Numbers of training images; 0: unknown without the data set. Sets that are
// not known without their files are opened, each once.
class TrainSizes {
 public:
  int64_t Of(const data::DataOptions& data) {
    const int64_t known = session::SizesWithoutFiles(data).train;
    if (known > 0 || !fs::exists(data.root)) return known;
    const auto [at, is_new] = opened_.try_emplace(
        Key(data.name, data.root, data.labels, data.train_range, data.classes,
            data.subset, data.val_split, data.split_seed, data.validation));
    if (is_new) {
      data::DataOptions resolved = data;
      session::ResolveValSplit(resolved);
      at->second = session::SizesOf(resolved, session::Splits::kBoth).train;
    }
    return at->second;
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string,
                         std::vector<int64_t>, std::vector<std::string>,
                         std::string, double, uint64_t, data::Validation>;
  std::map<Key, int64_t> opened_;
};

// 0: unknown without the data set.
int64_t StepsOf(const recipe::Recipe& recipe, TrainSizes& sizes) {
  const int64_t size = sizes.Of(recipe.data);
  if (size == 0) return 0;
  return data::StepsPerEpoch(size, recipe.train.batch_size,
                             recipe.train.repeats) *
         recipe.train.schedule.epochs;
}

}  // namespace

void DryRunSweep(const SweepArgs& args, const sweep::SweepFile& file,
                 const std::vector<sweep::PlannedRun>& runs) {
  fmt::print("{}: {} runs\n", file.name, runs.size());
  if (!file.about.empty()) fmt::print("{}\n", file.about);
  session::StepCosts costs(args.call.device, args.call.threads);
  TrainSizes sizes;
  double seconds = 0;
  bool known = true;
  size_t shared = 0;
  for (const auto& run : runs) {
    shared += run.other_labels.size();
    const int64_t steps = StepsOf(run.recipe, sizes);
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
