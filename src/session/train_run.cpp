#include "wsel/session/train_run.h"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "wsel/core/error.h"
#include "wsel/core/sha256.h"
#include "wsel/core/version.h"
#include "wsel/model/config_json.h"
#include "wsel/model/gemm_backend.h"
#include "wsel/pretrained/metadata_keys.h"
#include "wsel/session/init_checkpoint.h"
#include "wsel/session/resolve_recipe.h"

namespace wsel::session {
namespace {

namespace fs = std::filesystem;

void CheckFolder(const train::RunFolder& folder, bool resume) {
  if (!folder.HasRun() || resume) return;
  throw Error(
      ErrorKind::kUsage, folder.root().string(),
      "already holds a run; continue it with --resume, or choose another "
      "--output");
}

std::map<std::string, std::string> Metadata(const recipe::Recipe& recipe,
                                            const data::Dataset& train) {
  recipe::Recipe portable = recipe;
  portable.data.root.clear();
  portable.data.cache_dir.clear();
  portable.init.file = fs::path(recipe.init.file).filename().string();
  portable.teacher.file = fs::path(recipe.teacher.file).filename().string();
  using Json = nlohmann::json;
  const image::Normalisation& normalisation = recipe.train.normalisation;
  return {{"format", "pt"},
          {"wsel.version", std::string(Version())},
          {pretrained::kModelKey, model::ToJson(recipe.model)},
          {pretrained::kMeanKey, Json(normalisation.mean).dump()},
          {pretrained::kStdKey, Json(normalisation.std).dump()},
          {pretrained::kClassesKey, Json(train.classes).dump()},
          {"wsel.recipe", recipe::ToJson(portable)}};
}

// The file in which runs share teacher outputs. Its name is a hash of all that
// determines them: the recipe's teacher, data and transforms.
fs::path TeacherCacheFile(const recipe::Recipe& recipe,
                          const c10::Device& device) {
  if (recipe.data.cache_dir.empty()) return {};
  using Json = nlohmann::ordered_json;
  const Json identity = Json::parse(recipe::Identity(recipe));
  Json key = {{"device", device.str()},
              {"root", fs::absolute(recipe.data.root).string()},
              {"img_size", ImageSize(recipe.model)},
              {"method", identity["distill"]["method"]}};
  for (const char* section : {"teacher", "data", "augment", "evaluation"}) {
    key[section] = identity[section];
  }
  return fs::path(recipe.data.cache_dir) /
         (Sha256Hex(key.dump()).substr(0, 16) + ".answers.safetensors");
}

}  // namespace

TrainRun BeginRun(recipe::Recipe recipe, const c10::Device& device,
                  const train::RunFolder& folder, bool resume) {
  CheckFolder(folder, resume);
  TrainRun run;
  run.recipe = std::move(recipe);
  run.device = device;
  run.resumes = resume && folder.HasState();
  if (!run.recipe.teacher.file.empty()) {
    run.teacher = OpenTeacher(run.recipe);
    run.recipe.teacher.digest = run.teacher->digest;
  }
  if (run.resumes) CheckResumeConfig(run.recipe, folder);
  return run;
}

void OpenInputs(TrainRun& run, int64_t memory) {
  recipe::Recipe& recipe = run.recipe;
  ResolveAutoOptions(recipe, run.device, memory);
  if (run.device.is_cpu() &&
      recipe.train.precision == train::Precision::kFp32) {
    spdlog::info("matrix products: {}", model::GemmBackend());
  }
  // Opened first, so that a mismatch is found before data is read.
  if (!recipe.init.file.empty() && !run.resumes) {
    run.checkpoint = OpenInitCheckpoint(recipe);
  }
  run.splits = OpenSplits(recipe.data);
  SetClasses(recipe, static_cast<int64_t>(run.splits.train.classes.size()));
}

InitialisedModel MakeModel(TrainRun& run) {
  InitialisedModel result = InitModel(
      run.recipe, run.checkpoint ? &*run.checkpoint : nullptr,
      run.teacher && !run.resumes ? &run.teacher->checkpoint : nullptr);
  run.checkpoint.reset();
  result.model.module->to(run.device);
  return result;
}

train::TrainJob MakeJob(TrainRun& run) {
  const recipe::Recipe& recipe = run.recipe;
  train::TrainJob job;
  job.options = recipe.train;
  job.train = run.splits.train;
  job.test = run.splits.test;
  job.device = run.device;
  job.workers = static_cast<int>(recipe.data.workers);
  job.skip_corrupt = recipe.data.skip_corrupt;
  if (recipe.train.distill.method != train::Distillation::kNone) {
    job.teacher =
        MakeTeacher(*run.teacher, recipe, run.splits.train.classes, run.device);
    job.teacher_cache = TeacherCacheFile(recipe, run.device);
  }
  run.teacher.reset();
  job.metadata = Metadata(recipe, run.splits.train);
  return job;
}

}  // namespace wsel::session
