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

#include "wsel/cli/commands.h"
#include "wsel/cli/data_sets.h"
#include "wsel/cli/device.h"
#include "wsel/cli/restart.h"
#include "wsel/core/signals.h"
#include "wsel/cli/sweep_cost.h"
#include "wsel/cli/sweep_view.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"
#include "wsel/data/sampler.h"
#include "wsel/sweep/child.h"
#include "wsel/sweep/expand.h"
#include "wsel/sweep/launch.h"
#include "wsel/sweep/run_progress.h"
#include "wsel/sweep/slurm.h"
#include "wsel/sweep/sweep_file.h"
#include "wsel/sweep/sweep_folder.h"
#include "wsel/sweep/tail.h"

namespace wsel::cli {
namespace {

namespace fs = std::filesystem;

enum class Launcher { kLocal, kSlurm, kScript };

constexpr std::array<Registered<Launcher>, 3> kLaunchers = {{
    {Launcher::kLocal, "local", "processes of this machine"},
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

// The runs whose folder or slug one of the shell patterns of --only matches;
// all without any.
std::vector<sweep::PlannedRun> Chosen(
    const std::vector<sweep::PlannedRun>& runs,
    const std::vector<std::string>& only) {
  if (only.empty()) return runs;
  std::vector<bool> wanted(runs.size());
  for (const std::string& pattern : only) {
    bool found = false;
    for (size_t i = 0; i < runs.size(); ++i) {
      if (fnmatch(pattern.c_str(), runs[i].slug.c_str(), 0) != 0 &&
          fnmatch(pattern.c_str(), runs[i].name().c_str(), 0) != 0) {
        continue;
      }
      found = wanted[i] = true;
    }
    if (found) continue;
    std::vector<std::string> known;
    for (const auto& run : runs) known.push_back(run.slug);
    throw Error(ErrorKind::kUsage, "--only", Unknown("run", pattern, known));
  }
  std::vector<sweep::PlannedRun> chosen;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (wanted[i]) chosen.push_back(runs[i]);
  }
  return chosen;
}

// Files that the runs need and that are not there, each once.
std::set<std::string> Absent(const std::vector<sweep::PlannedRun>& runs) {
  std::set<std::string> absent;
  for (const auto& run : runs) {
    const auto& recipe = run.recipe;
    for (const std::string& file : {recipe.init.file, recipe.teacher.file}) {
      if (!file.empty() && !fs::exists(file)) absent.insert(file);
    }
    if (recipe.data.root.empty()) {
      absent.insert(recipe.data.name + " (--data-root)");
    } else if (!fs::exists(recipe.data.root)) {
      absent.insert(recipe.data.root);
    }
  }
  return absent;
}

void DryRun(const SweepArgs& args, const sweep::SweepFile& file,
            const std::vector<sweep::PlannedRun>& runs) {
  fmt::print("{}: {} runs\n", file.name, runs.size());
  if (!file.about.empty()) fmt::print("{}\n", file.about);
  StepCosts costs(args.device, args.threads);
  double seconds = 0;
  bool known = true;
  for (const auto& run : runs) {
    const DataSizes sizes = SizesWithoutFiles(run.recipe.data);
    const int64_t steps =
        sizes.train == 0
            ? 0
            : data::StepsPerEpoch(sizes.train, run.recipe.train.batch_size) *
                  run.recipe.train.epochs;
    if (file.probes) {
      fmt::print("{}\n", run.name());
      continue;
    }
    if (steps == 0) {
      known = false;
      fmt::print("{}  steps unknown without the data set\n", run.name());
      continue;
    }
    const double taken =
        static_cast<double>(steps) * costs.SecondsOf(run.recipe);
    seconds += taken;
    fmt::print("{}  {} steps, about {}\n", run.name(), steps,
               sweep::Duration(taken));
  }
  size_t shared = 0;
  for (const auto& run : runs) shared += run.also.size();
  if (shared > 0) {
    fmt::print("{} other combinations come to runs of this list\n", shared);
  }
  for (const std::string& file_or_set : Absent(runs)) {
    fmt::print("absent      {}\n", file_or_set);
  }
  if (file.probes) return;
  fmt::print("{} {} of steps as measured now on {}, {} at once{}\n",
             known ? "about" : "at least",
             sweep::Duration(seconds / std::max(1, args.jobs)),
             costs.device_name(), std::max(1, args.jobs),
             known ? "" : ", and the runs of unknown length");
}

int ThreadsOf(const SweepArgs& args) {
  if (args.threads > 0 || args.jobs == 1) return args.threads;
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, cores / args.jobs);
}

// The error of a whole sweep: that of its first failed run.
ErrorKind KindOf(int exit_code) {
  switch (exit_code) {
    case 2:
      return ErrorKind::kUsage;
    case 3:
      return ErrorKind::kConfig;
    case 5:
      return ErrorKind::kFormat;
    case 6:
      return ErrorKind::kMismatch;
    default:
      return ErrorKind::kIo;
  }
}

void Report(const SweepArgs& args, const sweep::Tally& tally) {
  fmt::print("{} finished, {} failed, {} waiting, {} with another process\n",
             tally.finished, tally.failed, tally.waiting, tally.elsewhere);
  std::fflush(stdout);
  if (LastStopSignal() != 0) {
    throw Error(ErrorKind::kInterrupted, args.output,
                "stopped; what runs had done is saved, and the same command "
                "goes on");
  }
  if (tally.failed > 0) {
    throw Error(KindOf(tally.exit_code), args.output,
                fmt::format("{} runs failed: wsel sweep --status {} says why, "
                            "--retry-failed runs them again",
                            tally.failed, args.output));
  }
}

void RunHere(const SweepArgs& args, const sweep::SweepFile& file,
             const std::vector<sweep::PlannedRun>& runs) {
  const StopSignal signals;
  const sweep::SweepFolder folder(args.output);
  SweepView view(folder, runs.size());
  sweep::LaunchOptions options;
  options.program = fs::read_symlink("/proc/self/exe").string();
  options.jobs = args.jobs;
  options.threads = ThreadsOf(args);
  options.devices = DevicesOf(args.device);
  options.retry_failed = args.retry_failed;
  options.stop = LastStopSignal;
  options.on_wait = [&] { view.Refresh(); };
  options.on_change = [&](const std::string& run,
                          const sweep::RunRecord& record) {
    view.Changed(run, record);
  };
  const sweep::Tally tally = sweep::Launch(file, runs, folder, options);
  view.Clear();
  Report(args, tally);
}

// The command that a task of the array runs, to which --only is added.
sweep::Words TaskCommand(const SweepArgs& args) {
  const auto absolute = [](const std::string& path) {
    return fs::absolute(path).string();
  };
  sweep::Words words = {fs::read_symlink("/proc/self/exe").string(),
                        "sweep",
                        absolute(args.file),
                        "--output",
                        absolute(args.output),
                        "--device",
                        args.device,
                        "--threads",
                        std::to_string(args.threads)};
  if (!args.data_root.empty()) {
    words.insert(words.end(), {"--data-root", absolute(args.data_root)});
  }
  for (const std::string& set : args.sets) {
    words.insert(words.end(), {"--set", set});
  }
  if (args.retry_failed) words.emplace_back("--retry-failed");
  return words;
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
    const auto state = record ? record->state : sweep::RunState::kWaiting;
    if (state == sweep::RunState::kFinished) continue;
    if (state == sweep::RunState::kFailed && !args.retry_failed) continue;
    job.runs.push_back(run.name());
  }
  return job.runs.empty() ? "" : sweep::SlurmScript(job);
}

void Submit(const SweepArgs& args, const std::string& script) {
  const fs::path slurm = fs::path(args.output) / "slurm";
  fs::create_directories(slurm);
  const fs::path file = slurm / "job.sh";
  const fs::path said = slurm / "sbatch.txt";
  WriteTextFile(file, script);
  const auto ended =
      sweep::Child({"/usr/bin/env", "sbatch", file.string()}, said, said)
          .Wait();
  const std::string text = sweep::Tail(said, 10);
  if (ended.code == 0) {
    fmt::print("{}", text);
    return;
  }
  throw Error(ErrorKind::kIo, "sbatch",
              fmt::format("did not take {}: {}", file.string(),
                          sweep::LastError(text)));
}

void RunSweep(SweepArgs args) {
  const auto launcher = kLauncherNames.Find(args.launcher, "--launcher");
  const sweep::SweepFile file = sweep::ReadSweepFile(args.file);
  const auto runs = Chosen(Expand(file, Overrides(args)), args.only);
  if (args.dry_run) {
    DryRun(args, file, runs);
    return;
  }
  if (args.output.empty()) {
    throw Error(ErrorKind::kUsage, "--output",
                "is missing: the sweep's folder (or --dry-run)");
  }
  const auto absent = Absent(runs);
  if (!absent.empty()) {
    throw Error(ErrorKind::kIo, *absent.begin(),
                fmt::format("is absent{}: nothing was begun",
                            absent.size() == 1
                                ? ""
                                : fmt::format(", as are {} others (--dry-run "
                                              "lists them)",
                                              absent.size() - 1)));
  }
  if (launcher == Launcher::kScript) {
    fmt::print("{}", ArrayScript(args, file, runs));
    return;
  }
  sweep::SweepFolder(args.output).Claim(file.name, file.json);
  if (launcher == Launcher::kLocal) {
    RunHere(args, file, runs);
    return;
  }
  Enlist(file, runs, sweep::SweepFolder(args.output));
  const std::string script = ArrayScript(args, file, runs);
  if (script.empty()) {
    fmt::print("nothing is left to do\n");
    return;
  }
  Submit(args, script);
}

void CheckArgs(const SweepArgs& args) {
  if (args.file.empty()) {
    throw Error(ErrorKind::kUsage, "FILE",
                "is missing: the sweep, such as configs/sweeps/smoke.json");
  }
  if (args.jobs < 1 || args.threads < 0) {
    throw Error(ErrorKind::kUsage, args.jobs < 1 ? "--jobs" : "--threads",
                "must be positive");
  }
}

}  // namespace

void AddSweep(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<SweepArgs>();
  CLI::App* c = app.add_subcommand(
      "sweep", "Make all runs of a table, each once, from one file");
  c->add_option("file", args->file,
                "What varies: see docs/sweeps.md and configs/sweeps");
  c->add_option("--output", args->output,
                "The sweep's folder; the same command goes on with it");
  c->add_option("--status", args->status,
                "Print how the runs of a sweep's folder stand, and stop");
  c->add_option("--data-root", args->data_root,
                "The folder that holds the data sets");
  c->add_option("--set", args->sets,
                "A value of all runs: train.epochs=3; may be repeated")
      ->allow_extra_args(false);
  c->add_option("--only", args->only,
                "These runs, by name or shell pattern ('vit-*'); may be "
                "repeated")
      ->allow_extra_args(false);
  c->add_option("--jobs", args->jobs, "Runs at once")->capture_default_str();
  c->add_option("--threads", args->threads,
                "Threads of one run; 0: the cores, divided by --jobs");
  c->add_option("--device", args->device,
                "auto: all GPUs in turn, a run each; cpu, cuda:1")
      ->capture_default_str();
  c->add_option("--launcher", args->launcher, kLauncherNames.Choices())
      ->capture_default_str();
  c->add_option("--slurm", args->slurm,
                "An option of sbatch: --slurm=--partition=gpu; may be repeated")
      ->allow_extra_args(false);
  c->add_flag("--retry-failed", args->retry_failed,
              "Run again what failed before");
  c->add_flag("--dry-run", args->dry_run,
              "List the runs with their steps and a time by a measured step");
  c->callback([args, &invocation] {
    if (!args->status.empty()) {
      PrintStatus(args->status);
      return;
    }
    CheckArgs(*args);
    if (args->dry_run) RestartForTraining(invocation.argv);
    RunSweep(*args);
  });
}

}  // namespace wsel::cli
