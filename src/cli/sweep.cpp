#include <fmt/format.h>
#include <fnmatch.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "commands.h"
#include "sweep_view.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/duration.h"
#include "wsel/core/error.h"
#include "wsel/core/exit_code.h"
#include "wsel/core/output_tail.h"
#include "wsel/core/signals.h"
#include "wsel/core/subprocess.h"
#include "wsel/core/suggest.h"
#include "wsel/data/sampler.h"
#include "wsel/run/run_progress.h"
#include "wsel/session/open_splits.h"
#include "wsel/session/step_costs.h"
#include "wsel/sweep/expand.h"
#include "wsel/sweep/launch.h"
#include "wsel/sweep/slurm.h"
#include "wsel/sweep/sweep_file.h"
#include "wsel/sweep/sweep_folder.h"
#include "wsel/train/device.h"

namespace wsel::cli {
namespace {

namespace fs = std::filesystem;

enum class Launcher { kLocal, kSlurm, kScript };

constexpr std::array<Registered<Launcher>, 3> kLaunchers = {{
    {Launcher::kLocal, "local", "processes on this machine"},
    {Launcher::kSlurm, "slurm", "a job array, submitted by sbatch"},
    {Launcher::kScript, "script", "the job array's script, printed"},
}};
constexpr Registry<Launcher> kLauncherNames("launcher", kLaunchers);

struct SweepArgs {
  std::string file;
  std::string output;
  std::string status;
  std::string data_root;
  std::vector<std::string> sets;
  std::vector<std::string> only;
  int jobs = 1;
  int threads = 0;
  std::string device = "auto";
  std::string launcher = "local";
  std::vector<std::string> slurm;
  bool retry_failed = false;
  bool dry_run = false;
};

std::vector<std::string> Overrides(const SweepArgs& args) {
  auto sets = args.sets;
  if (!args.data_root.empty()) {
    sets.push_back("data.root=" + nlohmann::json(args.data_root).dump());
  }
  return sets;
}

// The runs with a name or slug that matches a shell pattern of --only; all runs
// without patterns.
std::vector<sweep::PlannedRun> SelectRuns(
    const std::vector<sweep::PlannedRun>& runs,
    const std::vector<std::string>& only) {
  if (only.empty()) return runs;
  std::vector<bool> selected(runs.size());
  for (const std::string& pattern : only) {
    bool found = false;
    for (size_t i = 0; i < runs.size(); ++i) {
      if (fnmatch(pattern.c_str(), runs[i].slug.c_str(), 0) != 0 &&
          fnmatch(pattern.c_str(), runs[i].name().c_str(), 0) != 0) {
        continue;
      }
      found = selected[i] = true;
    }
    if (found) continue;
    std::vector<std::string> known;
    for (const auto& run : runs) known.push_back(run.slug);
    throw Error(ErrorKind::kUsage, "--only", Unknown("run", pattern, known));
  }
  std::vector<sweep::PlannedRun> result;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (selected[i]) result.push_back(runs[i]);
  }
  return result;
}

// Missing files that the runs need, without duplicates.
std::set<std::string> MissingFiles(const std::vector<sweep::PlannedRun>& runs) {
  std::set<std::string> missing;
  for (const auto& run : runs) {
    const auto& recipe = run.recipe;
    for (const std::string& file : {recipe.init.file, recipe.teacher.file}) {
      if (!file.empty() && !fs::exists(file)) missing.insert(file);
    }
    if (recipe.data.root.empty()) {
      missing.insert(recipe.data.name + " (--data-root)");
    } else if (!fs::exists(recipe.data.root)) {
      missing.insert(recipe.data.root);
    }
  }
  return missing;
}

void DryRun(const SweepArgs& args, const sweep::SweepFile& file,
            const std::vector<sweep::PlannedRun>& runs) {
  fmt::print("{}: {} runs\n", file.name, runs.size());
  if (!file.about.empty()) fmt::print("{}\n", file.about);
  session::StepCosts costs(args.device, args.threads);
  double seconds = 0;
  bool known = true;
  for (const auto& run : runs) {
    const auto sizes = session::SizesWithoutFiles(run.recipe.data);
    const int64_t steps =
        sizes.train == 0
            ? 0
            : data::StepsPerEpoch(sizes.train, run.recipe.train.batch_size) *
                  run.recipe.train.schedule.epochs;
    if (file.probes) {
      fmt::print("{}\n", run.name());
      continue;
    }
    if (steps == 0) {
      known = false;
      fmt::print("{}  steps unknown without the data set\n", run.name());
      continue;
    }
    const double estimate =
        static_cast<double>(steps) * costs.SecondsOf(run.recipe);
    seconds += estimate;
    fmt::print("{}  {} steps, about {}\n", run.name(), steps,
               DurationText(estimate));
  }
  size_t shared = 0;
  for (const auto& run : runs) shared += run.other_labels.size();
  if (shared > 0) {
    fmt::print("{} other combinations are identical to listed runs\n", shared);
  }
  for (const std::string& file_or_set : MissingFiles(runs)) {
    fmt::print("missing     {}\n", file_or_set);
  }
  if (file.probes) return;
  const int jobs = std::max(1, args.jobs);
  fmt::print("{} {} for all steps at --jobs {} (a step timed on {}){}\n",
             known ? "about" : "at least", DurationText(seconds / jobs), jobs,
             costs.device_name(),
             known ? "" : ", plus the runs of unknown length");
}

int ThreadsOf(const SweepArgs& args) {
  if (args.threads > 0 || args.jobs == 1) return args.threads;
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, cores / args.jobs);
}

void ReportResult(const SweepArgs& args, const sweep::SweepResult& result) {
  fmt::print("{} finished, {} failed, {} waiting, {} running elsewhere\n",
             result.finished, result.failed, result.waiting,
             result.running_elsewhere);
  std::fflush(stdout);
  if (LastStopSignal() != 0) {
    throw Error(
        ErrorKind::kInterrupted, args.output,
        "stopped; the runs have saved their state, and the same command "
        "continues them");
  }
  if (result.failed > 0) {
    throw Error(
        ErrorKindOf(result.exit_code), args.output,
        fmt::format("{} runs failed; wsel sweep --status {} shows their "
                    "errors, --retry-failed re-runs them",
                    result.failed, args.output));
  }
}

void RunLocally(const SweepArgs& args, const sweep::SweepFile& file,
                const std::vector<sweep::PlannedRun>& runs) {
  const StopSignal signals;
  const sweep::SweepFolder folder(args.output);
  SweepView view(folder, runs.size());
  sweep::LaunchOptions options;
  options.program = fs::read_symlink("/proc/self/exe").string();
  options.jobs = args.jobs;
  options.threads = ThreadsOf(args);
  options.devices = train::DevicesOf(args.device);
  options.retry_failed = args.retry_failed;
  options.stop = LastStopSignal;
  options.on_wait = [&] { view.Refresh(); };
  options.on_change = [&](const std::string& run,
                          const run::RunRecord& record) {
    view.Changed(run, record);
  };
  const sweep::SweepResult result = sweep::Launch(file, runs, folder, options);
  view.Clear();
  ReportResult(args, result);
}

// The command of a task of the job array, to which --only is added.
sweep::Argv TaskCommand(const SweepArgs& args) {
  const auto absolute = [](const std::string& path) {
    return fs::absolute(path).string();
  };
  sweep::Argv argv = {fs::read_symlink("/proc/self/exe").string(),
                      "sweep",
                      absolute(args.file),
                      "--output",
                      absolute(args.output),
                      "--device",
                      args.device,
                      "--threads",
                      std::to_string(args.threads)};
  if (!args.data_root.empty()) {
    argv.insert(argv.end(), {"--data-root", absolute(args.data_root)});
  }
  for (const std::string& set : args.sets) {
    argv.insert(argv.end(), {"--set", set});
  }
  if (args.retry_failed) argv.emplace_back("--retry-failed");
  return argv;
}

std::string ArrayScript(const SweepArgs& args, const sweep::SweepFile& file,
                        const std::vector<sweep::PlannedRun>& runs) {
  sweep::SlurmJob job;
  job.name = file.name;
  job.log_folder = (fs::absolute(args.output) / "slurm").string();
  job.options = args.slurm;
  job.command = TaskCommand(args);
  job.jobs = args.jobs > 1 ? args.jobs : 0;
  const sweep::SweepFolder folder(args.output);
  for (const auto& run : runs) {
    const auto record = folder.Read(run.name());
    const auto state = record ? record->state : run::RunState::kWaiting;
    if (state == run::RunState::kFinished) continue;
    if (state == run::RunState::kFailed && !args.retry_failed) continue;
    job.runs.push_back(run.name());
  }
  return job.runs.empty() ? "" : sweep::SlurmScript(job);
}

void SubmitJob(const SweepArgs& args, const std::string& script) {
  const fs::path slurm = fs::path(args.output) / "slurm";
  fs::create_directories(slurm);
  const fs::path file = slurm / "job.sh";
  const fs::path output = slurm / "sbatch.txt";
  WriteTextFile(file, script);
  const auto ended =
      Subprocess({"/usr/bin/env", "sbatch", file.string()}, output, output)
          .Wait();
  const std::string text = Tail(output, 10);
  if (ended.code == 0) {
    fmt::print("{}", text);
    return;
  }
  throw Error(ErrorKind::kIo, "sbatch",
              fmt::format("rejected {}: {}", file.string(), LastError(text)));
}

void RunSweep(SweepArgs args) {
  const auto launcher = kLauncherNames.Find(args.launcher, "--launcher");
  const sweep::SweepFile file = sweep::ReadSweepFile(args.file);
  const auto runs = SelectRuns(Expand(file, Overrides(args)), args.only);
  if (args.dry_run) {
    DryRun(args, file, runs);
    return;
  }
  if (args.output.empty()) {
    throw Error(ErrorKind::kUsage, "--output",
                "is missing: the sweep's folder; or give --dry-run");
  }
  const auto missing = MissingFiles(runs);
  if (!missing.empty()) {
    throw Error(ErrorKind::kIo, *missing.begin(),
                fmt::format("is missing{}; no run was started",
                            missing.size() == 1
                                ? ""
                                : fmt::format(", as are {} others (--dry-run "
                                              "lists them)",
                                              missing.size() - 1)));
  }
  if (launcher == Launcher::kScript) {
    fmt::print("{}", ArrayScript(args, file, runs));
    return;
  }
  sweep::SweepFolder(args.output).Claim(file.name, file.json);
  if (launcher == Launcher::kLocal) {
    RunLocally(args, file, runs);
    return;
  }
  RegisterRuns(file, runs, sweep::SweepFolder(args.output));
  const std::string script = ArrayScript(args, file, runs);
  if (script.empty()) {
    fmt::print("no runs are left to start\n");
    return;
  }
  SubmitJob(args, script);
}

void CheckArgs(const SweepArgs& args) {
  if (args.file.empty()) {
    throw Error(
        ErrorKind::kUsage, "FILE",
        "is missing: the sweep file, such as configs/sweeps/smoke.json");
  }
  if (args.jobs < 1 || args.threads < 0) {
    throw Error(ErrorKind::kUsage, args.jobs < 1 ? "--jobs" : "--threads",
                args.jobs < 1 ? "must be at least 1" : "must not be negative");
  }
}

}  // namespace

void AddSweep(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<SweepArgs>();
  CLI::App* c = app.add_subcommand(
      "sweep", "Run all combinations of a sweep file, each once");
  c->add_option("file", args->file,
                "Sweep file (JSON): see docs/sweeps.md and configs/sweeps");
  c->option_defaults()->group("Sweep");
  c->add_option("--output", args->output,
                "Folder of the sweep; the same command continues it");
  c->add_option("--status", args->status,
                "Print the state of the runs in this sweep's folder, and exit");
  c->add_option("--data-root", args->data_root,
                "Folder that holds the data sets");
  c->add_option("--set", args->sets,
                "Override a value in all runs, such as train.epochs=3; may be "
                "repeated")
      ->allow_extra_args(false);
  c->add_option(
       "--only", args->only,
       "Only the runs with this name or shell pattern, such as 'vit-*'; "
       "may be repeated")
      ->allow_extra_args(false);
  c->option_defaults()->group("Launch");
  c->add_option("--jobs", args->jobs, "Runs in parallel")
      ->capture_default_str();
  c->add_option("--threads", args->threads,
                "Compute threads per run; 0: all cores, divided by --jobs")
      ->capture_default_str();
  c->add_option("--device", args->device,
                "Device of the runs: cpu, cuda:1, or auto, which assigns all "
                "GPUs in turn")
      ->capture_default_str();
  c->add_option("--launcher", args->launcher,
                "Launcher: " + kLauncherNames.Choices() +
                    "; script prints the Slurm job array's script")
      ->capture_default_str();
  c->add_option(
       "--slurm", args->slurm,
       "Option for sbatch, as --slurm=--partition=gpu; may be repeated")
      ->allow_extra_args(false);
  c->add_flag("--retry-failed", args->retry_failed, "Re-run failed runs");
  c->add_flag("--dry-run", args->dry_run,
              "List the runs with their steps and estimated time; run nothing");
  invocation.computing.push_back(
      {c, [args] { return args->dry_run && args->status.empty(); }});
  c->callback([args] {
    if (!args->status.empty()) {
      PrintStatus(args->status);
      return;
    }
    CheckArgs(*args);
    RunSweep(*args);
  });
}

}  // namespace wsel::cli
