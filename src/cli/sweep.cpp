#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>

#include "commands.h"
#include "options.h"
#include "torch_commands.h"
#include "wsel/sweep/run_sweep.h"

namespace wsel::cli {
namespace {

void PrintText(std::string_view text) { fmt::print("{}", text); }

void RunSweep(const sweep::SweepRequest& request,
              const Invocation& invocation) {
  const sweep::SweepSteps steps{
      .devices_of =
          [&](const std::string& device) {
            return invocation.Torch().devices_of(device);
          },
      .dry_run =
          [&](const auto&... of) {
            invocation.Torch().sweep_dry_run(of..., PrintText);
          },
      .prepare = [&] { invocation.Torch(); }};
  sweep::RunSweep(request, steps, PrintText);
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

}  // namespace

void AddSweep(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<sweep::SweepRequest>();
  const auto status = std::make_shared<std::string>();
  CLI::App* c = app.add_subcommand(
      "sweep", "Run all combinations of a sweep file, each once");
  c->add_option("FILE", args->call.file,
                "Sweep file (JSON): see docs/sweeps.md and configs/sweeps");
  c->option_defaults()->group("Sweep");
  c->add_option("--output", args->call.output,
                "Folder of the sweep; the same command continues it")
      ->type_name("DIR");
  c->add_option("--status", *status,
                "Print the state of the runs in this sweep's folder, and exit")
      ->type_name("DIR");
  c->add_option("--data-root", args->call.data_root,
                "Folder that holds the data sets")
      ->type_name("DIR");
  c->add_option(
       "--set", args->call.sets,
       "Override a value in all runs, such as train.epochs=3; may be repeated")
      ->type_name("PATH=VALUE");
  c->add_option("--only", args->only,
                "Only the runs with this name or shell pattern, such as "
                "'vit-*'; may be repeated")
      ->type_name("PATTERN")
      ->allow_extra_args(false);
  AddTrack(*c, args->call.track, "each run's folder");
  c->option_defaults()->group("Launch")->always_capture_default();
  c->add_option("--jobs", args->jobs, "Runs in parallel")->type_name("N");
  c->add_option("--threads", args->call.threads,
                "Compute threads per run; 0: all cores, divided by --jobs")
      ->type_name("N");
  c->add_option(
       "--ranks-per-run", args->call.ranks_per_run,
       "Ranks of each run: GPUs are assigned in groups of this size; on "
       "the CPU the run's threads are divided")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  c->add_option("--nodes-per-run", args->call.nodes_per_run,
                "Nodes of Slurm that the ranks of each run are divided among")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  c->add_option("--device", args->call.device,
                "Device of the runs: auto|cpu|cuda or cuda:1; auto assigns all "
                "GPUs in turn")
      ->type_name("NAME");
  c->add_option("--launcher", args->launcher,
                "Launcher: " + sweep::Launchers().Choices() +
                    "; script prints the Slurm job array's script")
      ->type_name("NAME");
  c->option_defaults()->always_capture_default(false);
  c->add_option(
       "--slurm", args->slurm,
       "Option for sbatch, as --slurm=--partition=gpu; may be repeated")
      ->type_name("OPTION")
      ->allow_extra_args(false);
  c->add_flag("--retry-failed", args->call.retry_failed, "Re-run failed runs");
  c->add_flag("--dry-run", args->dry_run,
              "List the runs with their steps and estimated time; run nothing");
  invocation.computing.push_back(
      {c, [args, status] { return args->dry_run && status->empty(); }});
  c->callback([args, status, &invocation] {
    if (!status->empty()) return sweep::PrintStatus(*status, PrintText);
    TakeFileFromSets(args->call);
    CheckSweepRequest(*args);
    RunSweep(*args, invocation);
  });
}

}  // namespace wsel::cli
