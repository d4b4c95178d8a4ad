#include "wsel/sweep/run_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "sweep_view.h"
#include "wsel/core/create_folder.h"
#include "wsel/core/error.h"
#include "wsel/core/exit_code.h"
#include "wsel/core/signals.h"
#include "wsel/core/utf8.h"
#include "wsel/recipe/recipe.h"
#include "wsel/run/file_names.h"
#include "wsel/session/log.h"
#include "wsel/sweep/launch.h"
#include "wsel/sweep/sweep_folder.h"

namespace wsel::sweep {
namespace {

namespace fs = std::filesystem;
using Runs = std::vector<PlannedRun>;
using session::Print;

Runs ExpandWithSets(const SweepFile& file, const SweepCall& call) {
  Runs runs;
  recipe::WithSets(call.sets, [&](std::vector<std::string> sets) {
    if (!call.data_root.empty()) {
      RequireUtf8(call.data_root, "data_root");
      sets.push_back("data.root=" + nlohmann::json(call.data_root).dump());
    }
    runs = Expand(file, sets);
  });
  return runs;
}

int ThreadsOf(const SweepRequest& request) {
  // Runs on several nodes have these to themselves.
  const bool alone = request.jobs == 1 || request.call.nodes_per_run > 1;
  if (request.call.threads > 0 || alone) return request.call.threads;
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, cores / request.jobs);
}

void ReportResult(const std::string& folder, const SweepResult& result,
                  const Print& print) {
  print(
      fmt::format("{} finished, {} failed, {} waiting, {} running elsewhere\n",
                  result.finished, result.failed, result.waiting,
                  result.running_elsewhere));
  std::fflush(stdout);  // before the error on stderr
  if (LastStopSignal() != 0) {
    throw Error(ErrorKind::kInterrupted, folder,
                "stopped; the runs have saved their state, and the same "
                "command continues them");
  }
  if (result.failed > 0) {
    throw Error(ErrorKindOf(result.exit_code), folder,
                "{} runs failed; wsel sweep --status {} shows their errors, "
                "`retry_failed` re-runs them",
                result.failed, folder);
  }
}

// Only LibTorch knows whether there are GPUs; each rank needs one of its own.
std::vector<std::string> DevicesFor(const SweepCall& call,
                                    const SweepSteps& steps) {
  // Ranks on other nodes look for themselves.
  if (call.device == "cpu" || call.nodes_per_run > 1) return {call.device};
  const auto ranks = static_cast<size_t>(call.ranks_per_run);
  auto devices = steps.devices_of(call.device);
  // As in `wsel train --ranks`.
  if (ranks > 1 && call.device == "cuda") {
    devices = steps.devices_of("auto");
  }
  const bool gpus = devices[0].starts_with("cuda");
  if (ranks == 1 || !gpus || devices.size() >= ranks) return devices;
  throw Error(ErrorKind::kUsage, "ranks_per_run",
              "is {}, but `device` {} has {} GPUs on this machine: each rank "
              "needs one",
              ranks, call.device, devices.size());
}

void RunLocally(const SweepRequest& request, const SweepFile& file,
                const Runs& runs, const std::vector<std::string>& devices,
                const Print& print) {
  const StopSignal signals;
  const SweepFolder folder(request.call.output);
  SweepView view(folder, runs.size());
  const auto result = Launch(
      file, runs, folder,
      {.program = fs::read_symlink("/proc/self/exe").string(),
       .jobs = request.jobs,
       .threads = ThreadsOf(request),
       .ranks = request.call.ranks_per_run,
       .nodes = request.call.nodes_per_run,
       .devices = devices,
       .retry_failed = request.call.retry_failed,
       .track = request.call.track,
       .stop = LastStopSignal,
       .on_wait = [&] { view.Refresh(); },
       .on_change =
           [&](const std::string& run, const run::RunRecord& record) {
             view.Changed(run, record);
           },
       .on_file_lock =
           [&] {
             view.Clear();
             session::WarnOfFileLock(request.call.output, run::kSweepLockFile);
           }});
  view.Clear();
  ReportResult(request.call.output, result, print);
}

// Of the runs that are left to start.
SlurmJob ArrayOf(const SweepRequest& request, const SweepFile& file,
                 const Runs& runs) {
  return {.name = file.name,
          .log_folder =
              fs::absolute(fs::path(request.call.output) / "slurm").string(),
          .options = request.slurm,
          .command = TaskCommand(request.call),
          .runs = RunsLeft(runs, SweepFolder(request.call.output),
                           request.call.retry_failed),
          .jobs = request.jobs > 1 ? request.jobs : 0,
          .ranks = request.call.ranks_per_run,
          .nodes = request.call.nodes_per_run,
          .gpus = request.call.device == "cuda"};
}

// Slurm makes no folder for the output of tasks.
void PrintScript(const SlurmJob& job, const Print& print) {
  if (job.runs.empty()) return;
  const std::string script = SlurmScript(job);
  CreateFolder(job.log_folder);
  print(script);
}

void SubmitArray(const SweepRequest& request, const SweepFile& file,
                 const Runs& runs, const SlurmJob& job, const Print& print) {
  if (job.runs.empty()) {
    print("no runs are left to start\n");
    return;
  }
  const std::string script = SlurmScript(job);
  CheckArraySize(job.runs.size(), job.log_folder);
  RegisterRuns(file, runs, SweepFolder(request.call.output));
  print(SubmitScript(script, job.log_folder));
}

void CheckMissing(const Runs& runs) {
  const auto missing = MissingFiles(runs);
  if (missing.empty()) return;
  const size_t others = missing.size() - 1;
  throw Error(
      ErrorKind::kIo, *missing.begin(), "is missing{}; no run was started",
      others == 0
          ? ""
          : fmt::format(", as are {} others (`dry_run` lists them)", others));
}

}  // namespace

const Registry<Launcher>& Launchers() {
  static constexpr Registered<Launcher> kRows[] = {
      {Launcher::kLocal, "local", "processes on this machine"},
      {Launcher::kSlurm, "slurm", "a job array, submitted by sbatch"},
      {Launcher::kScript, "script", "the job array's script, printed"}};
  static constexpr Registry<Launcher> kRegistry("launcher", kRows);
  return kRegistry;
}

void CheckSweepRequest(const SweepRequest& request) {
  // Recipes hold the paths of the runs' initial weights and caches.
  RequireUtf8(request.call.output, "output");
  if (request.call.file.empty()) {
    throw Error(
        ErrorKind::kUsage, "FILE",
        "is missing: the sweep file, such as configs/sweeps/smoke.json");
  }
  if (request.jobs < 1 || request.call.threads < 0) {
    throw Error(
        ErrorKind::kUsage, request.jobs < 1 ? "jobs" : "threads",
        request.jobs < 1 ? "must be at least 1" : "must not be negative");
  }
  RanksPerNode(request.call.ranks_per_run, request.call.nodes_per_run);
}

void RunSweep(const SweepRequest& request, const SweepSteps& steps,
              const Print& print) {
  const Launcher launcher = Launchers().Find(request.launcher, "launcher");
  // Before the file is read and anything is written, as this may continue in
  // the other program.
  const bool times_steps = request.dry_run;
  const bool asks_for_gpus = launcher == Launcher::kLocal &&
                             request.call.device != "cpu" &&
                             request.call.nodes_per_run == 1;
  if (times_steps || asks_for_gpus) steps.prepare();
  const SweepFile file = ReadSweepFile(request.call.file);
  if (file.probes && request.call.ranks_per_run > 1) {
    throw Error(ErrorKind::kUsage, "ranks_per_run",
                "is {}, but this sweep's probes run on one device each",
                request.call.ranks_per_run);
  }
  if (file.probes && !request.call.track.empty()) {
    throw Error(ErrorKind::kUsage, "track",
                "is for trainings; this sweep's probes write no metrics");
  }
  Runs runs = ExpandWithSets(file, request.call);
  KeepOnly(request.only, runs);
  if (request.dry_run) return steps.dry_run(request, file, runs);
  if (request.call.output.empty()) {
    throw Error(ErrorKind::kUsage, "output",
                "is missing: the sweep's folder; or give `dry_run`");
  }
  // Errors come before anything is written.
  std::vector<std::string> devices;
  SlurmJob job;
  if (launcher == Launcher::kLocal) {
    RequireJobOfNodes(request.call.nodes_per_run);
    devices = DevicesFor(request.call, steps);
  } else {
    job = ArrayOf(request, file, runs);
    SlurmScript(job);
  }
  CheckMissing(runs);
  SweepFolder(request.call.output).Claim(file.name, file.json);
  switch (launcher) {
    case Launcher::kLocal:
      return RunLocally(request, file, runs, devices, print);
    case Launcher::kSlurm:
      return SubmitArray(request, file, runs, job, print);
    case Launcher::kScript:
      return PrintScript(job, print);
  }
}

}  // namespace wsel::sweep
