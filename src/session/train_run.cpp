#include "wsel/session/train_run.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/error.h"
#include "wsel/core/version.h"
#include "wsel/model/config_json.h"
#include "wsel/pretrained/facts.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/session/lower_batch.h"
#include "wsel/session/model_options.h"
#include "wsel/session/ranks.h"
#include "wsel/session/resolve_recipe.h"

namespace wsel::session {
namespace {

std::map<std::string, std::string> Metadata(const recipe::Recipe& recipe,
                                            const data::Dataset& train) {
  recipe::Recipe portable = recipe;
  portable.data.root.clear();
  portable.data.cache_dir.clear();
  portable.init.calibrate_root.clear();
  portable.data.labels =
      std::filesystem::path(recipe.data.labels).filename().string();
  portable.init.file =
      std::filesystem::path(recipe.init.file).filename().string();
  portable.teacher.file =
      std::filesystem::path(recipe.teacher.file).filename().string();
  using Json = nlohmann::json;
  const image::Normalisation& normalisation = recipe.train.normalisation;
  std::map<std::string, std::string> metadata = {
      {"format", "pt"},
      {run::kVersionKey, std::string(Version())},
      {run::kModelKey, model::ToJson(recipe.model)},
      {run::kMeanKey, Json(normalisation.mean).dump()},
      {run::kStdKey, Json(normalisation.std).dump()},
      {run::kClassesKey, Json(train.classes).dump()},
      {run::kTrainImagesKey, ImagesAndDigest(train)},
      {run::kRecipeKey, recipe::ToJson(portable)}};
  if (train.multi_label()) metadata[run::kTaskKey] = run::kMultiLabel;
  return metadata;
}

// Images that have come, gone or changed their label would train another model,
// in epochs of another length. All ranks have the same, and the first the run.
void CheckImages(const TrainRun& run, const std::filesystem::path& state) {
  const bool first = run.group == nullptr || run.group->IsFirst();
  if (!run.resumes || !first) return;
  const auto metadata = checkpoint::Open(state)->metadata();
  const auto begun = metadata.find(run::kTrainImagesKey);
  if (begun == metadata.end()) return;  // of an older version
  const std::string now = ImagesAndDigest(run.splits.train);
  if (begun->second == now) return;
  throw Error(ErrorKind::kMismatch, "data.root",
              "the run began with other training images, files, labels or "
              "classes: {} (number and digest), not {}; give the same ones, or "
              "train into another folder",
              begun->second, now);
}

// The kernels that compute; nothing where LibTorch's operators do, as on a GPU.
kernels::KernelRecord KernelsOf(const recipe::Recipe& recipe,
                                const c10::Device& device) {
  if (!device.is_cpu()) return {};
  return recipe.train.precision == train::Precision::kFp32
             ? kernels::CurrentKernels()
             : kernels::CurrentBf16Kernels();
}

// Checks that a run resumes with the kernels that its saved state says it began
// with. With `allow_others` a difference is only logged, as is a state that
// does not record them.
void CheckKernels(const TrainRun& run, const std::filesystem::path& state,
                  bool allow_others) {
  const kernels::KernelRecord& now = run.kernel_record;
  // Of several ranks the first one's are recorded.
  const bool first = run.group == nullptr || run.group->IsFirst();
  if (now.empty() || !first) return;
  spdlog::info("{}", kernels::Describe(now));
  if (!run.resumes) return;
  const auto begun = kernels::RecordIn(checkpoint::Open(state)->metadata());
  if (begun == now) return;
  if (begun.empty()) {
    spdlog::info("{} does not record which kernels the run began with",
                 state.string());
    return;
  }
  const std::string both =
      fmt::format("the run began with {}, and this process has {}",
                  kernels::Describe(begun), kernels::Describe(now));
  if (allow_others) {
    spdlog::warn("{}: the last bits of its weights will differ", both);
    return;
  }
  const std::string restore = kernels::HowToRestore(begun, now);
  throw Error(ErrorKind::kConfig, state.string(),
              "{}. To continue as it began, {}; to accept weights that differ "
              "in their last bits, add `allow_other_kernels`",
              both,
              restore.empty()
                  ? "use a machine or an installation like the first"
                  : restore);
}

// What is known of the images of the files that a run begins with.
std::string PretrainedOf(const TrainRun& run) {
  nlohmann::ordered_json json;
  if (run.checkpoint) json["init"] = ToJson(FactsOf(*run.checkpoint));
  if (run.recipe.train.distill.method != train::Distillation::kNone) {
    json["teacher"] = TeacherImages(*run.teacher, run.recipe);
  }
  return json.empty() ? "" : json.dump(2) + "\n";
}

}  // namespace

TrainRun BeginRun(recipe::Recipe recipe, const c10::Device& device,
                  const run::RunFolder& folder, bool resume,
                  distributed::ProcessGroup* group,
                  std::optional<pretrained::PretrainedCheckpoint> init) {
  if (folder.HasRun() && !resume) {
    throw Error(ErrorKind::kUsage, folder.root().string(),
                "already holds a run; continue it with `resume`, or choose "
                "another `output`");
  }
  TrainRun run;
  run.recipe = std::move(recipe);
  run.device = device;
  run.group = group;
  run.resumes = resume && folder.HasState();
  if (!run.resumes) run.checkpoint = std::move(init);
  if (!run.recipe.teacher.file.empty()) {
    // The file may change.
    std::string& given = run.recipe.teacher.model;
    if (given.ends_with(".json")) given = model::ToJson(NamedModel(given));
    run.teacher = OpenTeacher(run.recipe);
    run.recipe.teacher.digest = run.teacher->digest;
  }
  if (group != nullptr) RequireSameRecipe(run.recipe, *group);
  if (run.resumes) {
    run.changed = CheckResumeConfig(run.recipe, folder, RanksOf(group).all);
  }
  return run;
}

void OpenInputs(TrainRun& run, const run::RunFolder& folder,
                bool allow_other_kernels) {
  recipe::Recipe& recipe = run.recipe;
  const RankCount ranks = RanksOf(run.group);
  // Opened first, so that a mismatch is found before data is read.
  if (!recipe.init.file.empty() && !run.resumes) {
    run.checkpoint = OpenInitCheckpoint(recipe, std::move(run.checkpoint));
  }
  if (!run.resumes) ResolveValSplit(recipe.data);
  run.splits = OpenSplits(recipe.data);
  if (run.group != nullptr) {
    nlohmann::ordered_json images = {
        {"train", DescribeImages(run.splits.train)},
        {"test", DescribeImages(run.splits.test)}};
    if (run.splits.val) images["val"] = DescribeImages(*run.splits.val);
    RequireSame("data.root", images, *run.group);
  }
  CheckImages(run, folder.state());
  SetClasses(recipe, static_cast<int64_t>(run.splits.train.classes.size()));
  CheckClassWeights(recipe, run.splits.train.classes);
  // The micro-batch divides the batch.
  LowerBatch(recipe, run.splits.train.size(), ranks.all);
  ResolveAutoOptions(recipe, run.device, ranks);
  if (run.group != nullptr) AdoptAutoOptions(recipe, *run.group);
  run.kernel_record = KernelsOf(recipe, run.device);
  CheckKernels(run, folder.state(), allow_other_kernels);
  run.pretrained = PretrainedOf(run);
}

InitialisedModel MakeModel(TrainRun& run) {
  InitialisedModel result = InitModel(
      run.recipe, run.checkpoint ? &*run.checkpoint : nullptr,
      run.teacher && !run.resumes ? &run.teacher->checkpoint : nullptr,
      run.splits.train.classes);
  run.checkpoint.reset();
  result.model.module->to(run.device);
  return result;
}

train::TrainJob MakeJob(TrainRun& run) {
  const recipe::Recipe& recipe = run.recipe;
  train::TrainJob job;
  job.options = recipe.train;
  job.train = run.splits.train;
  job.val = run.splits.val;
  job.test = run.splits.test;
  job.device = run.device;
  job.workers = static_cast<int>(recipe.data.workers);
  job.group = run.group;
  if (job.workers < 0 && run.group != nullptr) {
    job.workers = distributed::ProcessorsPerRank(run.group->local_size());
  }
  job.skip_corrupt = recipe.data.skip_corrupt;
  if (recipe.train.distill.method != train::Distillation::kNone) {
    job.teacher =
        MakeTeacher(*run.teacher, recipe, run.splits.train.classes, run.device);
    // Older versions kept them in the teacher's order.
    const std::string order = job.teacher->reordered ? " by class name" : "";
    if (!recipe.data.cache_dir.empty()) {
      job.teacher_cache =
          std::filesystem::path(recipe.data.cache_dir) /
          recipe::TeacherCacheName(recipe, run.device.str() + order);
    }
  }
  run.teacher.reset();
  job.metadata = Metadata(recipe, run.splits.train);
  job.trackers = run.trackers;
  job.kernel_record = run.kernel_record;
  return job;
}

}  // namespace wsel::session
