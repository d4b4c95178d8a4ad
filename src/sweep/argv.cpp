#include "wsel/sweep/argv.h"

#include <fmt/format.h>

#include "wsel/core/sha256.h"
#include "wsel/model/config_json.h"
#include "wsel/run/file_names.h"
#include "wsel/select/options.h"

namespace wsel::sweep {
namespace {

// Options of `wsel init` equivalent to the recipe's section init.
Argv InitOptions(const recipe::Recipe& recipe) {
  const auto& init = recipe.init;
  Argv argv = {"--seed", std::to_string(recipe.train.seed)};
  const auto add = [&](const char* option, const std::string& value) {
    argv.insert(argv.end(), {option, value});
  };
  if (!init.select) {
    add("--method", std::string(model::Initializers().NameOf(init.method)));
    return argv;
  }
  add("--teacher", recipe.teacher.file);
  const select::Options& selection = init.selection;
  add("--method", std::string(select::Methods().NameOf(*init.select)));
  add("--layers", selection.layers);
  add("--heads", std::string(select::HeadRules().NameOf(selection.heads)));
  if (!selection.skip.empty()) {
    add("--skip", fmt::format("{}", fmt::join(selection.skip, ",")));
  }
  // Left out by default: the digest of older students has no such options.
  const select::Options defaults;
  if (selection.head != defaults.head) {
    add("--head", std::string(select::HeadSources().NameOf(selection.head)));
  }
  if (selection.patch_resize != defaults.patch_resize) {
    add("--patch-resize",
        std::string(select::PatchResizes().NameOf(selection.patch_resize)));
  }
  if (selection.official) add("--compat", "official");
  return argv;
}

// `wsel probe` takes no recipe: passes the data set as options.
void AddData(const data::DataOptions& data, Argv& argv) {
  argv.insert(argv.end(), {"--dataset", data.name, "--data-root", data.root});
  if (!data.subset.empty()) {
    argv.insert(argv.end(), {"--subset", data.subset});
  }
  if (!data.train_range.empty()) {
    argv.insert(
        argv.end(),
        {"--train-range", fmt::format("{}", fmt::join(data.train_range, ","))});
  }
}

}  // namespace

std::optional<InitCommand> InitCommandFor(const recipe::Recipe& recipe,
                                          bool probes,
                                          const SweepFolder& folder) {
  if (!recipe.init.file.empty()) return std::nullopt;
  if (!recipe.init.select && !probes) return std::nullopt;
  InitCommand command;
  command.model_json = model::ToJson(recipe.model);
  const Argv options = InitOptions(recipe);
  const std::string digest = Sha256Hex(fmt::format("{}\n{}", command.model_json,
                                                   fmt::join(options, "\n")))
                                 .substr(0, 16);
  command.checkpoint = folder.students() / (digest + ".safetensors");
  command.model = folder.students() / (digest + ".json");
  command.argv = {"init", "--quiet", "--student", command.model.string()};
  command.argv.insert(command.argv.end(), options.begin(), options.end());
  return command;
}

recipe::Recipe ResolveRecipe(const PlannedRun& run, bool probes,
                             const SweepFolder& folder) {
  recipe::Recipe recipe = run.recipe;
  if (recipe.data.cache_dir.empty()) {
    recipe.data.cache_dir = folder.cache().string();
  }
  if (const auto command = InitCommandFor(recipe, probes, folder)) {
    recipe.init = {};
    recipe.init.method = run.recipe.init.method;
    recipe.init.file = command->checkpoint.string();
    if (recipe.train.distill.method == train::Distillation::kNone) {
      recipe.teacher = {};
    }
  }
  return recipe;
}

Argv TrainArgv(const PlannedRun& run, const SweepFolder& folder,
               const Resources& resources) {
  const auto run_folder = folder.run(run.name());
  Argv argv = {"train",
               "--config",
               (run_folder / run::kRecipeFile).string(),
               "--output",
               run_folder.string(),
               "--resume",
               "--device",
               resources.device,
               "--threads",
               std::to_string(resources.threads)};
  if (resources.threads > 0 && run.recipe.data.workers < 0) {
    argv.insert(argv.end(), {"--workers", std::to_string(resources.threads)});
  }
  return argv;
}

Argv ProbeArgv(const recipe::Recipe& recipe, const ProbeOptions& options,
               const Resources& resources) {
  Argv argv = {"probe",        "--json",
               "--checkpoint", recipe.init.file,
               "--device",     resources.device,
               "--threads",    std::to_string(resources.threads)};
  AddData(recipe.data, argv);
  if (resources.threads > 0) {
    argv.insert(argv.end(), {"--workers", std::to_string(resources.threads)});
  }
  for (const auto& [name, value] : options) {
    if (value == "false") continue;
    argv.push_back("--" + name);
    if (value != "true") argv.push_back(value);
  }
  return argv;
}

}  // namespace wsel::sweep
