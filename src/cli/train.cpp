#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "man_sections.h"
#include "options.h"
#include "rank_args.h"
#include "recipe_args.h"
#include "torch_commands.h"
#include "train_args.h"

namespace wsel::cli {
namespace {

void AddRun(CLI::App& c, TrainArgs& args) {
  c.add_option("--output", args.request.output,
               "Folder of the run: config.json, metrics.jsonl, summary.csv, "
               "trackers' files, last and best checkpoints, run state")
      ->type_name("DIR");
  AddTrack(c, args.request.track, "--output");
  AddDevice(c, args.request.device);
  AddThreads(c, args.request.threads);
  AddRanks(c, args.request.ranks);
  c.add_flag("--resume", args.request.resume,
             "Resume the run in --output from its saved state; start a new run "
             "if there is none");
  c.add_flag(
      "--allow-other-kernels", args.request.allow_other_kernels,
      "Resume although the GEMM backend or the instruction set is not that "
      "which the run began with: its weights then differ in their last bits");
  c.add_flag("--dry-run", args.dry_run,
             "Check the options, print the effective recipe and list missing "
             "files; do not train");
  c.add_flag("--help-all", args.help_all,
             "Print this help and all keys of a recipe, and exit");
}

}  // namespace

void AddTrain(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<TrainArgs>();
  CLI::App* c =
      app.add_subcommand("train", "Train a model on a data set by a recipe");
  AddRecipeOptions(*c, args->request.recipe);
  c->option_defaults()->group("Run");
  AddRun(*c, *args);
  invocation.computing.push_back(
      {c, [args] { return !args->dry_run && !args->help_all; }});
  c->callback([args, c, &invocation] {
    if (args->help_all) {
      fmt::print("{}", c->help("wsel"));
      for (const auto& keys : {RecipeKeys(), ModelKeys()}) {
        fmt::print("{}", help::HelpText(keys));
      }
      return;
    }
    const auto run = invocation.Torch().train;
    LogOldNames(*c);
    run(*args, invocation);
  });
}

}  // namespace wsel::cli
