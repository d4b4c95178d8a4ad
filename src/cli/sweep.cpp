#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "commands.h"
#include "options.h"
#include "sweep_args.h"
#include "sweep_view.h"
#include "torch_commands.h"
#include "wsel/core/error.h"
#include "wsel/core/exit_code.h"
#include "wsel/core/signals.h"
#include "wsel/core/utf8.h"
#include "wsel/run/file_names.h"
#include "wsel/session/log.h"
#include "wsel/sweep/expand.h"
#include "wsel/sweep/launch.h"
#include "wsel/sweep/sweep_file.h"
#include "wsel/sweep/sweep_folder.h"

namespace wsel::cli {
namespace {

namespace fs = std::filesystem;
using Runs = std::vector<sweep::PlannedRun>;

enum class Launcher { kLocal, kSlurm, kScript };

constexpr std::array<Registered<Launcher>, 3> kLaunchers = {{
    {Launcher::kLocal, "local", "processes on this machine"},
    {Launcher::kSlurm, "slurm", "a job array, submitted by sbatch"},
    {Launcher::kScript, "script", "the job array's script, printed"},
}};
constexpr Registry<Launcher> kLauncherNames("launcher", kLaunchers);

Runs ExpandWithSets(const sweep::SweepFile& file,
                    const sweep::SweepCall& call) {
  Runs runs;
  WithSets(call.sets, [&](std::vector<std::string> sets) {
    if (!call.data_root.empty()) {
      RequireUtf8(call.data_root, "--data-root");
      sets.push_back("data.root=" + nlohmann::json(call.data_root).dump());
    }
    runs = Expand(file, sets);
  });
  return runs;
}

int ThreadsOf(const SweepArgs& args) {
  // Runs on several nodes have these to themselves.
  const bool alone = args.jobs == 1 || args.call.nodes_per_run > 1;
  if (args.call.threads > 0 || alone) return args.call.threads;
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, cores / args.jobs);
}

void ReportResult(const std::string& folder, const sweep::SweepResult& result) {
  fmt::print("{} finished, {} failed, {} waiting, {} running elsewhere\n",
             result.finished, result.failed, result.waiting,
             result.running_elsewhere);
  std::fflush(stdout);
  if (LastStopSignal() != 0) {
    throw Error(ErrorKind::kInterrupted, folder,
                "stopped; the runs have saved their state, and the same "
                "command continues them");
  }
  if (result.failed > 0) {
    throw Error(ErrorKindOf(result.exit_code), folder,
                "{} runs failed; wsel sweep --status {} shows their errors, "
                "--retry-failed re-runs them",
                result.failed, folder);
  }
}

// Only LibTorch knows whether there are GPUs; each rank needs one of its own.
std::vector<std::string> DevicesFor(const sweep::SweepCall& call,
                                    const Invocation& invocation) {
  // Ranks on other nodes look for themselves.
  if (call.device == "cpu" || call.nodes_per_run > 1) return {call.device};
  const auto ranks = static_cast<size_t>(call.ranks_per_run);
  auto devices = invocation.Torch().devices_of(call.device);
  // As in `wsel train --ranks`.
  if (ranks > 1 && call.device == "cuda") {
    devices = invocation.Torch().devices_of("auto");
  }
  const bool gpus = devices[0].starts_with("cuda");
  if (ranks == 1 || !gpus || devices.size() >= ranks) return devices;
  throw Error(ErrorKind::kUsage, "--ranks-per-run",
              "is {}, but --device {} has {} GPUs on this machine: each rank "
              "needs one",
              ranks, call.device, devices.size());
}

void RunLocally(const SweepArgs& args, const sweep::SweepFile& file,
                const Runs& runs, const std::vector<std::string>& devices) {
  const StopSignal signals;
  const sweep::SweepFolder folder(args.call.output);
  SweepView view(folder, runs.size());
  const auto result = sweep::Launch(
      file, runs, folder,
      {.program = fs::read_symlink("/proc/self/exe").string(),
       .jobs = args.jobs,
       .threads = ThreadsOf(args),
       .ranks = args.call.ranks_per_run,
       .nodes = args.call.nodes_per_run,
       .devices = devices,
       .retry_failed = args.call.retry_failed,
       .track = args.call.track,
       .stop = LastStopSignal,
       .on_wait = [&] { view.Refresh(); },
       .on_change =
           [&](const std::string& run, const run::RunRecord& record) {
             view.Changed(run, record);
           },
       .on_file_lock =
           [&] {
             view.Clear();
             session::WarnOfFileLock(args.call.output, run::kSweepLockFile);
           }});
  view.Clear();
  ReportResult(args.call.output, result);
}

// Of the runs that are left to start.
sweep::SlurmJob ArrayOf(const SweepArgs& args, const sweep::SweepFile& file,
                        const Runs& runs) {
  return {
      .name = file.name,
      .log_folder = fs::absolute(fs::path(args.call.output) / "slurm").string(),
      .options = args.slurm,
      .command = sweep::TaskCommand(args.call),
      .runs = RunsLeft(runs, sweep::SweepFolder(args.call.output),
                       args.call.retry_failed),
      .jobs = args.jobs > 1 ? args.jobs : 0,
      .ranks = args.call.ranks_per_run,
      .nodes = args.call.nodes_per_run,
      .gpus = args.call.device == "cuda"};
}

// Slurm makes no folder for the output of tasks.
void PrintScript(const sweep::SlurmJob& job) {
  if (job.runs.empty()) return;
  const std::string script = sweep::SlurmScript(job);
  fs::create_directories(job.log_folder);
  fmt::print("{}", script);
}

void SubmitArray(const SweepArgs& args, const sweep::SweepFile& file,
                 const Runs& runs, const sweep::SlurmJob& job) {
  if (job.runs.empty()) {
    fmt::print("no runs are left to start\n");
    return;
  }
  const std::string script = sweep::SlurmScript(job);
  sweep::CheckArraySize(job.runs.size(), job.log_folder);
  RegisterRuns(file, runs, sweep::SweepFolder(args.call.output));
  fmt::print("{}", sweep::SubmitScript(script, job.log_folder));
}

void CheckMissing(const Runs& runs) {
  const auto missing = sweep::MissingFiles(runs);
  if (missing.empty()) return;
  const size_t others = missing.size() - 1;
  throw Error(
      ErrorKind::kIo, *missing.begin(), "is missing{}; no run was started",
      others == 0
          ? ""
          : fmt::format(", as are {} others (--dry-run lists them)", others));
}

void RunSweep(const SweepArgs& args, const Invocation& invocation) {
  const auto launcher = kLauncherNames.Find(args.launcher, "--launcher");
  // Before the file is read and anything is written, as this may continue in
  // the other program.
  const bool times_steps = args.dry_run;
  const bool asks_for_gpus = launcher == Launcher::kLocal &&
                             args.call.device != "cpu" &&
                             args.call.nodes_per_run == 1;
  if (times_steps || asks_for_gpus) invocation.Torch();
  const sweep::SweepFile file = sweep::ReadSweepFile(args.call.file);
  if (file.probes && args.call.ranks_per_run > 1) {
    throw Error(ErrorKind::kUsage, "--ranks-per-run",
                "is {}, but this sweep's probes run on one device each",
                args.call.ranks_per_run);
  }
  if (file.probes && !args.call.track.empty()) {
    throw Error(ErrorKind::kUsage, "--track",
                "is for trainings; this sweep's probes write no metrics");
  }
  Runs runs = ExpandWithSets(file, args.call);
  KeepOnly(args.only, runs);
  if (args.dry_run) return invocation.Torch().sweep_dry_run(args, file, runs);
  if (args.call.output.empty()) {
    throw Error(ErrorKind::kUsage, "--output",
                "is missing: the sweep's folder; or give --dry-run");
  }
  // Errors come before anything is written.
  std::vector<std::string> devices;
  sweep::SlurmJob job;
  if (launcher == Launcher::kLocal) {
    sweep::RequireJobOfNodes(args.call.nodes_per_run);
    devices = DevicesFor(args.call, invocation);
  } else {
    job = ArrayOf(args, file, runs);
    sweep::SlurmScript(job);
  }
  CheckMissing(runs);
  sweep::SweepFolder(args.call.output).Claim(file.name, file.json);
  switch (launcher) {
    case Launcher::kLocal:
      return RunLocally(args, file, runs, devices);
    case Launcher::kSlurm:
      return SubmitArray(args, file, runs, job);
    case Launcher::kScript:
      return PrintScript(job);
  }
}

// --set takes all values that follow, also the sweep file.
void TakeFileFromSets(sweep::SweepCall& call) {
  if (!call.file.empty() || call.sets.empty() ||
      call.sets.back().find('=') != std::string::npos) {
    return;
  }
  call.file = call.sets.back();
  call.sets.pop_back();
}

void CheckArgs(const SweepArgs& args) {
  // Recipes hold the paths of the runs' initial weights and caches.
  RequireUtf8(args.call.output, "--output");
  if (args.call.file.empty()) {
    throw Error(
        ErrorKind::kUsage, "FILE",
        "is missing: the sweep file, such as configs/sweeps/smoke.json");
  }
  if (args.jobs < 1 || args.call.threads < 0) {
    throw Error(ErrorKind::kUsage, args.jobs < 1 ? "--jobs" : "--threads",
                args.jobs < 1 ? "must be at least 1" : "must not be negative");
  }
  sweep::RanksPerNode(args.call.ranks_per_run, args.call.nodes_per_run);
}

}  // namespace

void AddSweep(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<SweepArgs>();
  CLI::App* c = app.add_subcommand(
      "sweep", "Run all combinations of a sweep file, each once");
  c->add_option("file", args->call.file,
                "Sweep file (JSON): see docs/sweeps.md and configs/sweeps");
  c->option_defaults()->group("Sweep");
  c->add_option("--output", args->call.output,
                "Folder of the sweep; the same command continues it");
  c->add_option("--status", args->status,
                "Print the state of the runs in this sweep's folder, and exit");
  c->add_option("--data-root", args->call.data_root,
                "Folder that holds the data sets");
  c->add_option(
       "--set", args->call.sets,
       "Override a value in all runs, such as train.epochs=3; may be repeated")
      ->type_name("PATH=VALUE");
  c->add_option("--only", args->only,
                "Only the runs with this name or shell pattern, such as "
                "'vit-*'; may be repeated")
      ->allow_extra_args(false);
  AddTrack(*c, args->call.track, "each run's folder");
  c->option_defaults()->group("Launch")->always_capture_default();
  c->add_option("--jobs", args->jobs, "Runs in parallel");
  c->add_option("--threads", args->call.threads,
                "Compute threads per run; 0: all cores, divided by --jobs");
  c->add_option(
       "--ranks-per-run", args->call.ranks_per_run,
       "Ranks of each run: GPUs are assigned in groups of this size; on "
       "the CPU the run's threads are divided")
      ->check(CLI::Range(1, 1024));
  c->add_option("--nodes-per-run", args->call.nodes_per_run,
                "Nodes of Slurm that the ranks of each run are divided among")
      ->check(CLI::Range(1, 1024));
  c->add_option("--device", args->call.device,
                "Device of the runs: auto|cpu|cuda or cuda:1; auto assigns all "
                "GPUs in turn");
  c->add_option("--launcher", args->launcher,
                "Launcher: " + kLauncherNames.Choices() +
                    "; script prints the Slurm job array's script");
  c->option_defaults()->always_capture_default(false);
  c->add_option(
       "--slurm", args->slurm,
       "Option for sbatch, as --slurm=--partition=gpu; may be repeated")
      ->allow_extra_args(false);
  c->add_flag("--retry-failed", args->call.retry_failed, "Re-run failed runs");
  c->add_flag("--dry-run", args->dry_run,
              "List the runs with their steps and estimated time; run nothing");
  invocation.computing.push_back(
      {c, [args] { return args->dry_run && args->status.empty(); }});
  c->callback([args, &invocation] {
    if (!args->status.empty()) {
      PrintStatus(args->status);
      return;
    }
    TakeFileFromSets(args->call);
    CheckArgs(*args);
    RunSweep(*args, invocation);
  });
}

}  // namespace wsel::cli
