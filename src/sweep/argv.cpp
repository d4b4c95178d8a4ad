#include "wsel/sweep/argv.h"

#include <fmt/format.h>

#include "wsel/core/csv.h"
#include "wsel/core/sha256.h"
#include "wsel/image/resample.h"
#include "wsel/model/config_json.h"
#include "wsel/run/file_names.h"
#include "wsel/select/options.h"

namespace wsel::sweep {
namespace {

void Add(Argv& argv, const Argv& more) {
  argv.insert(argv.end(), more.begin(), more.end());
}

std::string Joined(const auto& values) {
  return fmt::format("{}", fmt::join(values, ","));
}

void AddTrackers(const std::vector<run::Tracker>& trackers, Argv& argv) {
  if (trackers.empty()) return;
  std::vector<std::string_view> names;
  for (const run::Tracker tracker : trackers) {
    names.push_back(run::Trackers().NameOf(tracker));
  }
  Add(argv, {"--track", Joined(names)});
}

void AddCopy(const naming::CopyChoice& copy, Argv& argv) {
  if (!copy.key.empty()) Add(argv, {"--checkpoint-key", copy.key});
  if (copy.no_ema) Add(argv, {"--no-ema"});
}

// Which training images, as options.
void AddImages(const data::DataOptions& data, Argv& argv) {
  if (!data.subset.empty()) Add(argv, {"--subset", data.subset});
  if (data.subset_balanced) Add(argv, {"--subset-balanced"});
  // Left out by default, as older students' digests have no such option.
  if (data.subset_seed != 0) {
    Add(argv, {"--subset-seed", std::to_string(data.subset_seed)});
  }
  if (!data.train_range.empty()) {
    Add(argv, {"--train-range", Joined(data.train_range)});
  }
  if (data.classes.empty()) return;
  std::vector<std::string> cells;
  for (const std::string& name : data.classes) cells.push_back(CsvCell(name));
  Add(argv, {"--classes", Joined(cells)});
}

void AddLabels(const data::DataOptions& data, Argv& argv) {
  if (data.labels.empty()) return;
  Add(argv, {"--labels", data.labels});
  if (data.multi_label == data::MultiLabel::kOff) return;
  Add(argv, {"--multi-label",
             std::string(data::MultiLabels().NameOf(data.multi_label))});
}

// `wsel probe` takes no recipe: passes the data set as options.
void AddData(const data::DataOptions& data, Argv& argv) {
  Add(argv, {"--dataset", data.name, "--data-root", data.root});
  AddLabels(data, argv);
  AddImages(data, argv);
  if (data.split_seed != 0) {
    Add(argv, {"--split-seed", std::to_string(data.split_seed)});
  }
  if (data.skip_corrupt) Add(argv, {"--skip-corrupt"});
}

// The images of rules that look at some: the run's own, or another data set's.
void AddCalibration(const recipe::Recipe& recipe, Argv& argv) {
  const auto& init = recipe.init;
  const bool own = init.calibrate.empty();
  Add(argv,
      {"--calibrate", own ? recipe.data.name : init.calibrate, "--data-root",
       own || init.calibrate_root.empty() ? recipe.data.root
                                          : init.calibrate_root,
       "--calibration-images", std::to_string(init.calibration_images)});
  if (!own) return;
  AddImages(recipe.data, argv);
  AddLabels(recipe.data, argv);
  if (recipe.data.val_split == 0) return;
  Add(argv, {"--val-split", fmt::format("{}", recipe.data.val_split),
             "--split-seed", fmt::format("{}", recipe.data.split_seed)});
}

// Options of `wsel init` equivalent to the recipe's section init.
Argv InitOptions(const recipe::Recipe& recipe) {
  const auto& init = recipe.init;
  Argv argv = {"--seed", std::to_string(recipe.train.seed)};
  const auto add = [&](const char* option, std::string_view value) {
    Add(argv, {option, std::string(value)});
  };
  if (!init.select) {
    add("--method", model::Initializers().NameOf(init.method));
    return argv;
  }
  add("--teacher", recipe.teacher.file);
  const select::Options& selection = init.selection;
  add("--method", select::Methods().NameOf(*init.select));
  add("--layers", selection.layers);
  add("--heads", select::HeadRules().NameOf(selection.heads));
  if (!selection.skip.empty()) {
    add("--skip", Joined(selection.skip));
  }
  // Left out by default: the digest of older students has no such options.
  const select::Options defaults;
  if (selection.head != defaults.head) {
    add("--head", select::HeadSources().NameOf(selection.head));
  }
  if (selection.patch_resize != defaults.patch_resize) {
    add("--patch-resize",
        select::PatchResizes().NameOf(selection.patch_resize));
  }
  if (selection.official) add("--compat", "official");
  AddCopy(recipe.teacher.copy, argv);
  const std::string& model = recipe.teacher.model;
  if (!model.empty()) add("--teacher-model", model);
  if ((*init.select)->NeedsImages() ||
      selection.layers == select::kBestLayers) {
    AddCalibration(recipe, argv);
  }
  return argv;
}

}  // namespace

std::optional<InitCommand> InitCommandFor(const recipe::Recipe& recipe,
                                          bool probes,
                                          const SweepFolder& folder) {
  const auto& init = recipe.init;
  if (!init.file.empty() || (!init.select && !probes)) return {};
  InitCommand command;
  command.model_json = model::ToJson(recipe.model);
  const Argv options = InitOptions(recipe);
  const std::string digest = Sha256Hex(fmt::format("{}\n{}", command.model_json,
                                                   fmt::join(options, "\n")))
                                 .substr(0, 16);
  command.checkpoint = folder.students() / (digest + ".safetensors");
  command.model = folder.students() / (digest + ".json");
  command.argv = {"init", "--quiet", "--student", command.model.string()};
  Add(command.argv, options);
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
               const Resources& resources,
               const std::vector<run::Tracker>& track) {
  const auto run_folder = folder.run(run.name());
  const std::string threads = std::to_string(resources.threads);
  const std::string config = (run_folder / run::kRecipeFile).string();
  Argv argv = {"train", "--config", config};
  Add(argv, {"--output", run_folder.string(), "--resume"});
  Add(argv, {"--device", resources.device, "--threads", threads});
  if (resources.ranks > 1) {
    Add(argv, {"--ranks", std::to_string(resources.ranks)});
  }
  if (resources.threads > 0 && run.recipe.data.workers < 0) {
    Add(argv, {"--workers", threads});
  }
  AddTrackers(track, argv);
  return argv;
}

Argv ProbeArgv(const recipe::Recipe& recipe, const ProbeOptions& options,
               const Resources& resources) {
  const std::string threads = std::to_string(resources.threads);
  Argv argv = {"probe",    "--json",         "--checkpoint", recipe.init.file,
               "--device", resources.device, "--threads",    threads};
  AddCopy(recipe.init.copy, argv);
  AddData(recipe.data, argv);
  const image::PassOrder order = recipe.train.evaluation.pass_order;
  if (order != image::PassOrder::kPillow13) {
    Add(argv, {"--resize", std::string(image::PassOrders().NameOf(order))});
  }
  if (resources.threads > 0) Add(argv, {"--workers", threads});
  for (const auto& [name, value] : options) {
    if (value == "false") continue;
    argv.push_back("--" + name);
    if (value != "true") argv.push_back(value);
  }
  return argv;
}

Argv TaskCommand(const SweepCall& call) {
  const auto absolute = [](const std::string& path) {
    return std::filesystem::absolute(path).string();
  };
  Argv argv = {std::filesystem::read_symlink("/proc/self/exe").string(),
               "sweep",
               absolute(call.file),
               "--output",
               absolute(call.output),
               "--device",
               call.device,
               "--threads",
               std::to_string(call.threads)};
  if (call.ranks_per_run > 1) {
    Add(argv, {"--ranks-per-run", std::to_string(call.ranks_per_run)});
  }
  if (call.nodes_per_run > 1) {
    Add(argv, {"--nodes-per-run", std::to_string(call.nodes_per_run)});
  }
  if (!call.data_root.empty()) {
    argv.insert(argv.end(), {"--data-root", absolute(call.data_root)});
  }
  for (const std::string& set : call.sets) {
    argv.insert(argv.end(), {"--set", set});
  }
  if (call.retry_failed) argv.emplace_back("--retry-failed");
  AddTrackers(call.track, argv);
  return argv;
}

}  // namespace wsel::sweep
