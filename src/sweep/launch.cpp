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
#include "wsel/recipe/recipe.h"
#include "wsel/sweep/child.h"
#include "wsel/sweep/tail.h"

namespace wsel::sweep {
namespace {

namespace fs = std::filesystem;

constexpr auto kLook = std::chrono::milliseconds(100);

// Exit codes of a run that a signal stopped and that can go on.
bool Stopped(const Ended& ended) {
  return ended.code == 130 || ended.code == 143;
}

RunRecord RecordOf(const SweepFile& sweep, const PlannedRun& run) {
  RunRecord record;
  record.sweep = sweep.name;
  record.labels = run.labels;
  record.also = run.also;
  record.seed = run.recipe.train.seed;
  return record;
}

// A run that has begun; the lock is its child's too.
struct Begun {
  const PlannedRun* run;
  FileLock lock;
  std::optional<Child> child;
  RunRecord record;
  size_t place;  // which of the jobs
};

class Launcher {
 public:
  Launcher(const SweepFile& sweep, const SweepFolder& folder,
           const LaunchOptions& options)
      : sweep_(sweep), folder_(folder), options_(options) {}

  Tally Run(const std::vector<PlannedRun>& runs) {
    Enlist(sweep_, runs, folder_);
    for (const PlannedRun& run : runs) {
      while (Full() && !Stop()) Look();
      if (Stop()) {
        CountUnbegun(run);
      } else {
        Begin(run);
      }
    }
    while (!begun_.empty()) {
      if (Stop()) PassStopOn();
      Look();
    }
    return tally_;
  }

 private:
  int Stop() const { return options_.stop ? options_.stop() : 0; }
  bool Full() const {
    return begun_.size() >= static_cast<size_t>(options_.jobs);
  }

  void CountUnbegun(const PlannedRun& run) {
    const auto record = folder_.Read(run.name());
    const RunState state = record ? record->state : RunState::kWaiting;
    if (state == RunState::kFinished) {
      ++tally_.finished;
    } else if (state == RunState::kFailed) {
      CountFailed(*record);
    } else {
      ++tally_.waiting;
    }
  }

  void CountFailed(const RunRecord& record) {
    ++tally_.failed;
    if (tally_.exit_code == 0) tally_.exit_code = record.exit_code;
  }

  void Begin(const PlannedRun& run) {
    FileLock lock(folder_.lock(run.name()), /*wait=*/false);
    if (!lock.held()) {
      ++tally_.elsewhere;
      return;
    }
    const auto before = folder_.Read(run.name());
    const bool failed = before && before->state == RunState::kFailed;
    if (before && (before->state == RunState::kFinished ||
                   (failed && !options_.retry_failed))) {
      CountUnbegun(run);
      return;
    }
    Begun begun{&run, std::move(lock), std::nullopt, RecordOf(sweep_, run),
                FreePlace()};
    Start(begun);
    if (begun.child) begun_.push_back(std::move(begun));
  }

  size_t FreePlace() const {
    size_t place = 0;
    const auto taken = [&](const Begun& begun) { return begun.place == place; };
    while (std::any_of(begun_.begin(), begun_.end(), taken)) ++place;
    return place;
  }

  // Makes the start where it is missing, and starts the child; or records why
  // that failed.
  void Start(Begun& begun) {
    const std::string name = begun.run->name();
    begun.record.state = RunState::kRunning;
    Note(name, begun.record);
    if (!MakeStudent(begun)) return;
    const auto recipe = RecipeOfRun(*begun.run, sweep_.probes, folder_);
    WriteTextFile(folder_.run(name) / "recipe.json",
                  recipe::ToRecipeFile(recipe));
    const Share share = ShareOf(begun.place);
    const fs::path output = folder_.output(name);
    begun.child.emplace(
        WithProgram(sweep_.probes ? ProbeWords(recipe, sweep_.probe, share)
                                  : TrainWords(*begun.run, folder_, share)),
        sweep_.probes ? ProbeFile(name) : output, output, begun.lock.fd());
  }

  Share ShareOf(size_t place) const {
    Share share;
    share.threads = options_.threads;
    if (!options_.devices.empty()) {
      share.device = options_.devices[place % options_.devices.size()];
    }
    return share;
  }

  Words WithProgram(Words words) const {
    words.insert(words.begin(), options_.program);
    return words;
  }

  fs::path ProbeFile(const std::string& name) const {
    return folder_.run(name) / "probe.json";
  }

  bool MakeStudent(Begun& begun) {
    const auto student = StudentOf(begun.run->recipe, sweep_.probes, folder_);
    if (!student || fs::exists(student->file)) return true;
    Ended ended;
    MakeOnce(student->file, [&] {
      WriteTextFile(student->model, student->model_json + "\n");
      Words words = WithProgram(student->init);
      words.insert(words.end(), {"--output", student->file.string()});
      const fs::path output = folder_.output(begun.run->name());
      ended = Child(words, output, output).Wait();
    });
    if (ended.code == 0) return true;
    End(begun, ended);
    return false;
  }

  void Note(const std::string& name, const RunRecord& record) {
    folder_.Write(name, record);
    if (options_.on_change) options_.on_change(name, record);
  }

  void End(Begun& begun, const Ended& ended) {
    const std::string name = begun.run->name();
    RunRecord& record = begun.record;
    if (ended.code == 0) {
      if (sweep_.probes) SummarizeProbe(ProbeFile(name), folder_.run(name));
      record.state = RunState::kFinished;
      ++tally_.finished;
    } else if (Stopped(ended) || (ended.signal != 0 && Stop() != 0)) {
      record.state = RunState::kWaiting;
      ++tally_.waiting;
    } else {
      record.state = RunState::kFailed;
      record.exit_code = ended.code;
      record.log_tail = Tail(folder_.output(name), kTailLines);
      record.error = ended.signal == 0
                         ? LastError(record.log_tail)
                         : fmt::format("killed by signal {}", ended.signal);
      CountFailed(record);
    }
    Note(name, record);
  }

  void Look() {
    if (options_.on_wait) options_.on_wait();
    std::this_thread::sleep_for(kLook);
    for (auto begun = begun_.begin(); begun != begun_.end();) {
      const auto ended = begun->child->Poll();
      if (!ended) {
        ++begun;
        continue;
      }
      End(*begun, *ended);
      begun = begun_.erase(begun);
    }
  }

  void PassStopOn() {
    if (stop_passed_on_) return;
    for (const Begun& begun : begun_) begun.child->Signal(SIGTERM);
    stop_passed_on_ = true;
  }

  const SweepFile& sweep_;
  const SweepFolder& folder_;
  const LaunchOptions& options_;
  std::vector<Begun> begun_;
  bool stop_passed_on_ = false;
  Tally tally_;
};

}  // namespace

void Enlist(const SweepFile& sweep, const std::vector<PlannedRun>& runs,
            const SweepFolder& folder) {
  for (const PlannedRun& run : runs) {
    folder.MakeRun(run);
    const FileLock lock(folder.lock(run.name()), /*wait=*/false);
    if (lock.held() && !folder.Read(run.name())) {
      folder.Write(run.name(), RecordOf(sweep, run));
    }
  }
}

Tally Launch(const SweepFile& sweep, const std::vector<PlannedRun>& runs,
             const SweepFolder& folder, const LaunchOptions& options) {
  return Launcher(sweep, folder, options).Run(runs);
}

}  // namespace wsel::sweep
