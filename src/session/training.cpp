#include "wsel/session/training.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/progress.h"
#include "wsel/core/signals.h"
#include "wsel/run/file_names.h"
#include "wsel/session/dry_run.h"
#include "wsel/session/epoch_line.h"
#include "wsel/session/init_model.h"
#include "wsel/session/log.h"
#include "wsel/session/lower_batch.h"
#include "wsel/session/on_ranks.h"
#include "wsel/session/open_splits.h"
#include "wsel/session/ranks.h"
#include "wsel/session/resolve_recipe.h"
#include "wsel/session/train_run.h"
#include "wsel/session/training_plan.h"
#include "wsel/train/device.h"

namespace wsel::session {
namespace {

void DryRunTeacher(const recipe::Recipe& recipe,
                   const std::vector<std::string>& classes,
                   const TrainingView& view) {
  const std::string& file = recipe.teacher.file;
  if (file.empty() || ListIfMissing(file, view.print)) return;
  const TrainTeacher teacher = OpenTeacher(recipe);
  if (recipe.init.select) {
    const std::string& root = recipe.init.calibrate_root;
    if (!root.empty()) ListIfMissing(root, view.print);
    const auto plan = PlanInit(recipe, teacher.checkpoint, classes);
    if (plan) view.plan(*plan);
  }
  if (recipe.train.distill.method != train::Distillation::kNone &&
      !classes.empty()) {
    MakeTeacher(teacher, recipe, classes, c10::kCPU);
  }
}

train::TrainCallbacks CallbacksOnStderr(ProgressMeter& meter,
                                        const recipe::Recipe& recipe) {
  return {.stop_signal = LastStopSignal,
          .on_step =
              [show = ShowOn(meter), &recipe](const train::StepReport& r) {
                const int64_t epoch = (r.step - 1) / r.steps_per_epoch;
                const int64_t done = r.step - epoch * r.steps_per_epoch;
                show({.title = fmt::format("epoch {}/{}", epoch + 1,
                                           recipe.train.schedule.epochs),
                      .step = done,
                      .steps = r.steps_per_epoch,
                      .images = done * recipe.train.batch_size,
                      .loss = r.loss,
                      .lr = r.lr,
                      .comm_wait = r.comm_wait,
                      .seconds_left = r.seconds_left});
              },
          .on_epoch =
              [&meter](const train::EpochReport& r) {
                meter.Clear();
                spdlog::info("{}", EpochLine(r));
              },
          .on_progress = ShowOn(meter)};
}

// Trains; an interrupted run ends with exit code 130 or 143.
train::TrainResult FitModel(TrainRun& run, nn::Model& model,
                            const run::RunFolder& folder) {
  ProgressMeter meter(ProgressOnStderr(30));
  auto result = train::Fit(model, MakeJob(run), folder,
                           CallbacksOnStderr(meter, run.recipe));
  meter.Clear();
  if (result.signal == 0) return result;
  AdoptStopSignal(result.signal);
  throw Error(ErrorKind::kInterrupted, folder.root().string(),
              "stopped after step {}; its state is saved, and the same command "
              "with `resume` continues",
              result.state.step);
}

void WriteConfig(const TrainRun& run, const run::RunFolder& folder) {
  WriteTextFile(folder.config(), recipe::ToJson(run.recipe) + "\n");
}

// Writes config.json and pretrained.json, and trains. A run that fails before
// anything is saved leaves neither: they would make the next try an error.
train::TrainResult FitNewRun(TrainRun& run, nn::Model& model,
                             const run::RunFolder& folder) {
  WriteConfig(run, folder);
  if (!run.pretrained.empty()) {
    WriteTextFile(folder.pretrained(), run.pretrained);
  }
  try {
    return FitModel(run, model, folder);
  } catch (...) {
    std::error_code ignored;
    if (!folder.HasState()) {
      std::filesystem::remove(folder.config(), ignored);
      std::filesystem::remove(folder.pretrained(), ignored);
      std::filesystem::remove(folder.tracking(), ignored);
    }
    throw;
  }
}

}  // namespace

train::TrainResult Train(const TrainRequest& request,
                         distributed::ProcessGroup* group,
                         const TrainingView& view) {
  OpenedRecipe opened = RecipeOf(request);
  const c10::Device device =
      PrepareRank(group, request.device, request.threads);
  const StopSignal signals;
  const run::RunFolder folder = OpenFolder(request.output, group);
  const bool first = group == nullptr || group->IsFirst();
  // torchrun starts all ranks again after a failure.
  const bool resume =
      request.resume || (group != nullptr && group->restart() > 0);
  auto run = BeginRun(std::move(opened.recipe), device, folder, resume, group,
                      std::move(opened.init));
  run.trackers = request.track;
  if (first) AddLogFile(folder.log(), run.resumes);
  if (folder.locked_by_file()) {
    WarnOfFileLock(request.output, run::kLockFile);
  }
  OpenInputs(run, folder, request.allow_other_kernels);
  // All ranks have read the old one: they have agreed on sizes since.
  if (first && run.changed) WriteConfig(run, folder);
  view.print(PlanText(run.recipe, SizesOf(run.splits),
                      {.device = device.str(),
                       .resumes = run.resumes,
                       .ranks = RanksOf(group).all,
                       .threads = at::get_num_threads(),
                       .config = folder.config().string(),
                       .base = run.resumes ? "" : opened.base}));
  auto made = MakeModel(run);
  if (made.plan) view.plan(*made.plan);
  return run.resumes || !first ? FitModel(run, made.model, folder)
                               : FitNewRun(run, made.model, folder);
}

void DryRunTraining(const TrainRequest& request, const TrainingView& view) {
  if (request.threads > 0) at::set_num_threads(request.threads);
  OpenedRecipe opened = RecipeOf(request);
  const c10::Device device = train::FindDevice(request.device);
  const int ranks = CountRanks(request.ranks);
  recipe::Recipe& recipe = opened.recipe;
  if (!opened.of_run) ResolveValSplit(recipe.data);
  const auto sizes = DryRunSizes(recipe.data, Splits::kBoth, view.print);
  if (sizes.train > 0) LowerBatch(recipe, sizes.train, ranks);
  ResolveAutoOptions(recipe, device, {ranks, ranks});
  if (sizes.classes > 0) SetClasses(recipe, sizes.classes);
  CheckClassWeights(recipe, sizes.class_names);
  const std::string& file = recipe.init.file;
  if (!file.empty() && !ListIfMissing(file, view.print)) {
    const auto checkpoint = OpenInitCheckpoint(recipe, std::move(opened.init));
    InitModel(recipe, &checkpoint, nullptr, sizes.class_names);
  }
  DryRunTeacher(recipe, sizes.class_names, view);
  view.config(recipe::ToJson(recipe) + "\n");
  view.print(PlanText(recipe, sizes,
                      {.device = device.str(),
                       .ranks = ranks,
                       .threads = request.threads,
                       .base = opened.base}));
}

}  // namespace wsel::session
