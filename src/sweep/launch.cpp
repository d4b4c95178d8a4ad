#include "wsel/sweep/launch.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include "probe_result.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/file_lock.h"
#include "wsel/core/output_tail.h"
#include "wsel/core/subprocess.h"
#include "wsel/recipe/recipe.h"
#include "wsel/run/file_names.h"

namespace wsel::sweep {
namespace {

namespace fs = std::filesystem;
using run::RunRecord;
using run::RunState;

constexpr auto kPollInterval = std::chrono::milliseconds(100);

// Whether SIGINT or SIGTERM stopped the run, which can be resumed.
bool Stopped(const ExitStatus& status) {
  return status.code == 130 || status.code == 143;
}

RunRecord RecordOf(const SweepFile& sweep, const PlannedRun& run) {
  RunRecord record;
  record.sweep = sweep.name;
  record.labels = run.labels;
  record.other_labels = run.other_labels;
  record.seed = run.recipe.train.seed;
  return record;
}

// A run in progress; its child process inherits the lock.
struct ActiveRun {
  const PlannedRun* run;
  FileLock lock;
  std::optional<Subprocess> child;
  RunRecord record;
  size_t slot;  // index among the parallel jobs
};

class Launcher {
 public:
  Launcher(const SweepFile& sweep, const SweepFolder& folder,
           const LaunchOptions& options)
      : sweep_(sweep), folder_(folder), options_(options) {}

  SweepResult Run(const std::vector<PlannedRun>& runs) {
    RegisterRuns(sweep_, runs, folder_);
    for (const PlannedRun& run : runs) {
      while (Full() && !Stop()) Poll();
      if (Stop()) {
        CountAsRecorded(run);
      } else {
        StartRun(run);
      }
    }
    while (!active_.empty()) {
      if (Stop()) ForwardSignal();
      Poll();
    }
    return result_;
  }

 private:
  int Stop() const { return options_.stop ? options_.stop() : 0; }
  bool Full() const {
    return active_.size() >= static_cast<size_t>(options_.jobs);
  }

  void CountAsRecorded(const PlannedRun& run) {
    const auto record = folder_.Read(run.name());
    const RunState state = record ? record->state : RunState::kWaiting;
    if (state == RunState::kFinished) {
      ++result_.finished;
    } else if (state == RunState::kFailed) {
      CountFailed(*record);
    } else {
      ++result_.waiting;
    }
  }

  void CountFailed(const RunRecord& record) {
    ++result_.failed;
    if (result_.exit_code == 0) result_.exit_code = record.exit_code;
  }

  void StartRun(const PlannedRun& run) {
    FileLock lock(folder_.lock(run.name()), /*wait=*/false);
    if (!lock.held()) {
      ++result_.running_elsewhere;
      return;
    }
    const auto before = folder_.Read(run.name());
    const bool failed = before && before->state == RunState::kFailed;
    if (before && (before->state == RunState::kFinished ||
                   (failed && !options_.retry_failed))) {
      CountAsRecorded(run);
      return;
    }
    ActiveRun active{&run, std::move(lock), std::nullopt, RecordOf(sweep_, run),
                     FreeSlot()};
    StartProcess(active);
    if (active.child) active_.push_back(std::move(active));
  }

  size_t FreeSlot() const {
    size_t slot = 0;
    const auto taken = [&](const ActiveRun& active) {
      return active.slot == slot;
    };
    while (std::any_of(active_.begin(), active_.end(), taken)) ++slot;
    return slot;
  }

  // Creates the initial checkpoint if it is missing, and starts the child; or
  // records why that failed.
  void StartProcess(ActiveRun& active) {
    const std::string name = active.run->name();
    active.record.state = RunState::kRunning;
    UpdateStatus(name, active.record);
    if (!RunInit(active)) return;
    const auto recipe = ResolveRecipe(*active.run, sweep_.probes, folder_);
    WriteTextFile(folder_.run(name) / run::kRecipeFile,
                  recipe::ToRecipeFile(recipe));
    const Resources resources = ResourcesOf(active.slot);
    const fs::path output = folder_.output(name);
    active.child.emplace(
        WithProgram(sweep_.probes ? ProbeArgv(recipe, sweep_.probe, resources)
                                  : TrainArgv(*active.run, folder_, resources)),
        sweep_.probes ? ProbeFile(name) : output, output, active.lock.fd());
  }

  Resources ResourcesOf(size_t slot) const {
    Resources resources;
    resources.threads = options_.threads;
    if (!options_.devices.empty()) {
      resources.device = options_.devices[slot % options_.devices.size()];
    }
    return resources;
  }

  Argv WithProgram(Argv argv) const {
    argv.insert(argv.begin(), options_.program);
    return argv;
  }

  fs::path ProbeFile(const std::string& name) const {
    return folder_.run(name) / run::kProbeFile;
  }

  // False if `wsel init` failed, which is recorded.
  bool RunInit(ActiveRun& active) {
    const auto command =
        InitCommandFor(active.run->recipe, sweep_.probes, folder_);
    if (!command || fs::exists(command->checkpoint)) return true;
    ExitStatus status;
    CreateOnce(command->checkpoint, [&] {
      WriteTextFile(command->model, command->model_json + "\n");
      Argv argv = WithProgram(command->argv);
      argv.insert(argv.end(), {"--output", command->checkpoint.string()});
      const fs::path output = folder_.output(active.run->name());
      status = Subprocess(argv, output, output).Wait();
    });
    if (status.code == 0) return true;
    Finish(active, status);
    return false;
  }

  void UpdateStatus(const std::string& name, const RunRecord& record) {
    folder_.Write(name, record);
    if (options_.on_change) options_.on_change(name, record);
  }

  // Records and counts how the run ended.
  void Finish(ActiveRun& active, const ExitStatus& status) {
    const std::string name = active.run->name();
    RunRecord& record = active.record;
    if (status.code == 0) {
      if (sweep_.probes) SummariseProbe(ProbeFile(name), folder_.run(name));
      record.state = RunState::kFinished;
      ++result_.finished;
    } else if (Stopped(status) || (status.signal != 0 && Stop() != 0)) {
      record.state = RunState::kWaiting;
      ++result_.waiting;
    } else {
      record.state = RunState::kFailed;
      record.exit_code = status.code;
      record.log_tail = Tail(folder_.output(name), kTailLines);
      record.error = status.signal == 0
                         ? LastError(record.log_tail)
                         : fmt::format("killed by signal {}", status.signal);
      CountFailed(record);
    }
    UpdateStatus(name, record);
  }

  void Poll() {
    if (options_.on_wait) options_.on_wait();
    std::this_thread::sleep_for(kPollInterval);
    for (auto active = active_.begin(); active != active_.end();) {
      const auto status = active->child->Poll();
      if (!status) {
        ++active;
        continue;
      }
      Finish(*active, *status);
      active = active_.erase(active);
    }
  }

  void ForwardSignal() {
    if (signal_forwarded_) return;
    for (const ActiveRun& active : active_) active.child->Signal(SIGTERM);
    signal_forwarded_ = true;
  }

  const SweepFile& sweep_;
  const SweepFolder& folder_;
  const LaunchOptions& options_;
  std::vector<ActiveRun> active_;
  bool signal_forwarded_ = false;
  SweepResult result_;
};

}  // namespace

void RegisterRuns(const SweepFile& sweep, const std::vector<PlannedRun>& runs,
                  const SweepFolder& folder) {
  for (const PlannedRun& run : runs) {
    folder.MakeRun(run);
    const FileLock lock(folder.lock(run.name()), /*wait=*/false);
    if (lock.held() && !folder.Read(run.name())) {
      folder.Write(run.name(), RecordOf(sweep, run));
    }
  }
}

SweepResult Launch(const SweepFile& sweep, const std::vector<PlannedRun>& runs,
                   const SweepFolder& folder, const LaunchOptions& options) {
  return Launcher(sweep, folder, options).Run(runs);
}

}  // namespace wsel::sweep
