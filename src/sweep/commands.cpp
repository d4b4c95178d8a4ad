#include "wsel/sweep/commands.h"

#include <fmt/format.h>

#include "wsel/core/sha256.h"
#include "wsel/model/config_json.h"

namespace wsel::sweep {
namespace {

// How `wsel init` is told the same as the recipe says.
Words InitOptions(const recipe::Recipe& recipe) {
  const recipe::Start& init = recipe.init;
  Words words = {"--seed", std::to_string(recipe.train.seed)};
  const auto add = [&](const char* option, const std::string& value) {
    words.insert(words.end(), {option, value});
  };
  if (init.select.empty()) {
    add("--method", std::string(model::Initializers().NameOf(init.method)));
    return words;
  }
  add("--teacher", recipe.teacher.file);
  add("--method", init.select);
  add("--layers", init.layers);
  add("--heads", init.heads);
  if (!init.skip.empty()) {
    add("--skip", fmt::format("{}", fmt::join(init.skip, ",")));
  }
  return words;
}

// A probe has no recipe: it is told of the data in words.
void AddData(const data::DataOptions& data, Words& words) {
  words.insert(words.end(), {"--dataset", data.name, "--data-root", data.root});
  if (!data.subset.empty()) {
    words.insert(words.end(), {"--subset", data.subset});
  }
  if (!data.train_range.empty()) {
    words.insert(
        words.end(),
        {"--train-range", fmt::format("{}", fmt::join(data.train_range, ","))});
  }
}

}  // namespace

std::optional<Student> StudentOf(const recipe::Recipe& recipe, bool probes,
                                 const SweepFolder& folder) {
  if (!recipe.init.file.empty()) return std::nullopt;
  if (recipe.init.select.empty() && !probes) return std::nullopt;
  Student student;
  student.model_json = model::ToJson(recipe.model);
  const Words options = InitOptions(recipe);
  const std::string digest = Sha256Hex(fmt::format("{}\n{}", student.model_json,
                                                   fmt::join(options, "\n")))
                                 .substr(0, 16);
  student.file = folder.students() / (digest + ".safetensors");
  student.model = folder.students() / (digest + ".json");
  student.init = {"init", "--quiet", "--student", student.model.string()};
  student.init.insert(student.init.end(), options.begin(), options.end());
  return student;
}

recipe::Recipe RecipeOfRun(const PlannedRun& run, bool probes,
                           const SweepFolder& folder) {
  recipe::Recipe recipe = run.recipe;
  if (recipe.data.cache_dir.empty()) {
    recipe.data.cache_dir = folder.cache().string();
  }
  if (const auto student = StudentOf(recipe, probes, folder)) {
    recipe.init = {};
    recipe.init.method = run.recipe.init.method;
    recipe.init.file = student->file.string();
    if (recipe.train.distill.method == train::Distillation::kNone) {
      recipe.teacher = {};
    }
  }
  return recipe;
}

Words TrainWords(const PlannedRun& run, const SweepFolder& folder,
                 const Share& share) {
  const auto at = folder.run(run.name());
  Words words = {"train",
                 "--config",
                 (at / "recipe.json").string(),
                 "--output",
                 at.string(),
                 "--resume",
                 "--device",
                 share.device,
                 "--threads",
                 std::to_string(share.threads)};
  if (share.threads > 0 && run.recipe.data.workers < 0) {
    words.insert(words.end(), {"--workers", std::to_string(share.threads)});
  }
  return words;
}

Words ProbeWords(const recipe::Recipe& recipe, const ProbeOptions& options,
                 const Share& share) {
  Words words = {
      "probe",    "--json",     "--checkpoint", recipe.init.file,
      "--device", share.device, "--threads",    std::to_string(share.threads)};
  AddData(recipe.data, words);
  if (share.threads > 0) {
    words.insert(words.end(), {"--workers", std::to_string(share.threads)});
  }
  for (const auto& [name, value] : options) {
    if (value == "false") continue;
    words.push_back("--" + name);
    if (value != "true") words.push_back(value);
  }
  return words;
}

}  // namespace wsel::sweep
