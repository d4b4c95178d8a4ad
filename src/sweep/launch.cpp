#include "wsel/sweep/launch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>

#include "srun.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/file_lock.h"
#include "wsel/core/json_object.h"
#include "wsel/core/output_tail.h"
#include "wsel/core/split.h"
#include "wsel/core/subprocess.h"
#include "wsel/core/text_file.h"
#include "wsel/recipe/recipe.h"
#include "wsel/run/file_names.h"
#include "wsel/run/metric_log.h"

namespace wsel::sweep {
namespace {

namespace fs = std::filesystem;
using run::RunRecord;
using run::RunState;

constexpr auto kPollInterval = std::chrono::milliseconds(100);

RunRecord RecordOf(const SweepFile& sweep, const PlannedRun& run) {
  RunRecord record;
  record.sweep = sweep.name;
  record.labels = run.labels;
  record.other_labels = run.other_labels;
  record.seed = run.recipe.train.seed;
  return record;
}

// Converts the output of `wsel probe --json` to a summary.csv of one row, in
// the format of `wsel train`. Errors: kFormat, kIo.
void SummariseProbe(const fs::path& output, const fs::path& run_folder) {
  const auto tree =
      ParseJson(ReadText(output), output.string(), ErrorKind::kFormat);
  JsonObject result(tree, output.string(), ErrorKind::kFormat);
  run::Epoch row;
  row.epoch = 1;
  row.top1 = result.Get<double>("top1");
  row.skipped = result.GetOr<int64_t>("skipped_test", 0);
  run::SummaryCsv(run_folder / run::kSummaryFile, std::nullopt).Write(row);
}

// A run in progress; its child process inherits the lock.
struct ActiveRun {
  const PlannedRun* run;
  FileLock lock;
  std::optional<Subprocess> child;
  RunRecord record;
  size_t slot;  // index among the parallel jobs
};

class RunLauncher {
 public:
  RunLauncher(const SweepFile& sweep, const SweepFolder& folder,
              const LaunchOptions& options)
      : sweep_(sweep), folder_(folder), options_(options) {}

  SweepResult Run(const std::vector<PlannedRun>& runs) {
    RegisterRuns(sweep_, runs, folder_);
    const auto jobs = static_cast<size_t>(options_.jobs);
    for (const PlannedRun& run : runs) {
      while (active_.size() >= jobs && !Stop()) Poll();
      if (Stop()) {
        Count(folder_.Read(run.name()).value_or(RunRecord{}));
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

  void Count(const RunRecord& record) {
    if (record.state == RunState::kFinished) {
      ++result_.finished;
    } else if (record.state == RunState::kFailed) {
      ++result_.failed;
      if (result_.exit_code == 0) result_.exit_code = record.exit_code;
    } else {
      ++result_.waiting;
    }
  }

  void StartRun(const PlannedRun& run) {
    FileLock lock(folder_.lock(run.name()), /*wait=*/false);
    if (!lock.held()) {
      ++result_.running_elsewhere;
      return;
    }
    if (lock.is_file() && !std::exchange(told_of_file_lock_, true) &&
        options_.on_file_lock) {
      options_.on_file_lock();
    }
    const auto before = folder_.Read(run.name()).value_or(RunRecord{});
    if (before.state == RunState::kFinished ||
        (before.state == RunState::kFailed && !options_.retry_failed)) {
      Count(before);
      return;
    }
    ActiveRun active{&run, std::move(lock), std::nullopt, RecordOf(sweep_, run),
                     FreeSlot()};
    StartProcess(active);
    if (active.child) active_.push_back(std::move(active));
  }

  size_t FreeSlot() const {
    size_t slot = 0;
    while (std::ranges::count(active_, slot, &ActiveRun::slot) > 0) ++slot;
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
        OnNodes(WithGpus(
            WithProgram(sweep_.probes
                            ? ProbeArgv(recipe, sweep_.probe, resources)
                            : TrainArgv(*active.run, folder_, resources,
                                        options_.track)),
            active.slot)),
        sweep_.probes ? ProbeFile(name) : output, output, active.lock.fd());
  }

  Resources ResourcesOf(size_t slot) const {
    const auto& devices = options_.devices;
    const int threads = options_.threads == 0
                            ? 0
                            : std::max(1, options_.threads / options_.ranks);
    if (!GpusOf(slot).empty()) return {threads, "cuda", options_.ranks};
    return {threads, devices.empty() ? "auto" : devices[slot % devices.size()],
            options_.ranks};
  }

  std::string GpusOf(size_t slot) const {
    const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    return VisibleDevices(options_.devices, options_.ranks, slot,
                          visible == nullptr ? "" : visible);
  }

  Argv WithProgram(Argv argv) const {
    argv.insert(argv.begin(), options_.program);
    return argv;
  }

  // A group of GPUs is all that its run sees.
  Argv WithGpus(Argv argv, size_t slot) const {
    const std::string gpus = GpusOf(slot);
    if (gpus.empty()) return argv;
    argv.insert(argv.begin(), {"/usr/bin/env", "CUDA_VISIBLE_DEVICES=" + gpus});
    return argv;
  }

  Argv OnNodes(const Argv& argv) const {
    if (options_.nodes == 1) return argv;
    return SrunArgv(argv, options_.ranks, options_.nodes);
  }

  fs::path ProbeFile(const std::string& name) const {
    return folder_.run(name) / run::kProbeFile;
  }

  // While it runs, other runs may end, and a stop reaches it and them.
  ExitStatus Await(Subprocess init) {
    bool told = false;
    while (true) {
      if (const auto status = init.Poll()) return *status;
      if (Stop() && !std::exchange(told, true)) {
        init.Signal(SIGTERM);
        ForwardSignal();
      }
      Poll();
    }
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
      status = Await(Subprocess(argv, output, output));
    });
    if (status.code == 0) return true;
    Finish(active, status);
    return false;
  }

  void UpdateStatus(const std::string& name, const RunRecord& record) {
    folder_.Write(name, record);
    if (options_.on_change) options_.on_change(name, record);
  }

  // srun exits with 128 plus the signal that ended a task.
  bool Killed(const ExitStatus& status) const {
    return status.signal != 0 || (options_.nodes > 1 && status.code > 128);
  }

  // Records and counts how the run ended.
  void Finish(ActiveRun& active, const ExitStatus& status) {
    const std::string name = active.run->name();
    RunRecord& record = active.record;
    // SIGINT or SIGTERM stopped the run, which can be resumed.
    const bool by_request = status.code == 130 || status.code == 143;
    if (status.code == 0) {
      if (sweep_.probes) SummariseProbe(ProbeFile(name), folder_.run(name));
      record.state = RunState::kFinished;
    } else if (by_request || (Killed(status) && Stop() != 0)) {
      record.state = RunState::kWaiting;
    } else {
      record.state = RunState::kFailed;
      record.exit_code = status.code;
      record.log_tail = Tail(folder_.output(name), kTailLines);
      record.error = status.signal == 0
                         ? LastError(record.log_tail)
                         : fmt::format("killed by signal {}", status.signal);
    }
    Count(record);
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
    if (std::exchange(signal_forwarded_, true)) return;
    if (options_.nodes > 1 && TerminateSteps()) return;
    for (const ActiveRun& active : active_) active.child->Signal(SIGTERM);
  }

  const SweepFile& sweep_;
  const SweepFolder& folder_;
  const LaunchOptions& options_;
  std::vector<ActiveRun> active_;
  bool signal_forwarded_ = false;
  bool told_of_file_lock_ = false;
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

std::vector<std::string> RunsLeft(const std::vector<PlannedRun>& runs,
                                  const SweepFolder& folder,
                                  bool retry_failed) {
  std::vector<std::string> left;
  for (const PlannedRun& run : runs) {
    const auto record = folder.Read(run.name());
    const bool done =
        record && (record->state == RunState::kFinished ||
                   (record->state == RunState::kFailed && !retry_failed));
    if (!done) left.push_back(run.name());
  }
  return left;
}

std::string VisibleDevices(const std::vector<std::string>& devices, int ranks,
                           size_t slot, const std::string& visible) {
  const auto count = static_cast<size_t>(ranks);
  const bool groups =
      ranks > 1 && devices.size() >= count && devices[0].starts_with("cuda:");
  if (!groups) return "";
  const auto names = Split(visible, ',');
  const size_t first = slot % (devices.size() / count) * count;
  std::vector<std::string> group;
  for (size_t i = first; i < first + count; ++i) {
    const std::string index = devices[i].substr(devices[i].find(':') + 1);
    const auto at = static_cast<size_t>(std::stoul(index));
    const bool named = !visible.empty() && at < names.size();
    group.push_back(named ? std::string(names[at]) : index);
  }
  return fmt::format("{}", fmt::join(group, ","));
}

SweepResult Launch(const SweepFile& sweep, const std::vector<PlannedRun>& runs,
                   const SweepFolder& folder, const LaunchOptions& options) {
  return RunLauncher(sweep, folder, options).Run(runs);
}

}  // namespace wsel::sweep
