#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "dry_run.h"
#include "recipe_args.h"
#include "run_on_ranks.h"
#include "torch_commands.h"
#include "train_args.h"
#include "training_plan.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/progress.h"
#include "wsel/core/signals.h"
#include "wsel/run/file_names.h"
#include "wsel/run/log.h"
#include "wsel/select/report.h"
#include "wsel/session/init_model.h"
#include "wsel/session/log.h"
#include "wsel/session/lower_batch.h"
#include "wsel/session/open_splits.h"
#include "wsel/session/ranks.h"
#include "wsel/session/resolve_recipe.h"
#include "wsel/session/train_run.h"
#include "wsel/train/device.h"

namespace wsel::cli {
namespace {

void PrintInit(const session::InitialisedModel& made) {
  if (made.plan) fmt::print("{}", select::Summary(*made.plan));
}

void DryRunTeacher(const recipe::Recipe& recipe,
                   const std::vector<std::string>& classes) {
  const std::string& file = recipe.teacher.file;
  if (file.empty() || ListIfMissing(file)) return;
  const session::TrainTeacher teacher = session::OpenTeacher(recipe);
  if (recipe.init.select) {
    PrintInit(
        session::InitModel(recipe, nullptr, &teacher.checkpoint, classes));
  }
  if (recipe.train.distill.method != train::Distillation::kNone &&
      !classes.empty()) {
    session::MakeTeacher(teacher, recipe, classes, c10::kCPU);
  }
}

// Lists missing files, and checks everything else as a run does, up to a model
// that the files initialise.
void DryRun(OpenedRecipe opened, const c10::Device& device, int ranks,
            bool resumes) {
  recipe::Recipe& recipe = opened.recipe;
  if (!resumes) session::ResolveValSplit(recipe.data);
  const auto sizes = DryRunSizes(recipe.data, session::Splits::kBoth);
  if (sizes.train > 0) session::LowerBatch(recipe, sizes.train, ranks);
  session::ResolveAutoOptions(recipe, device, {ranks, ranks});
  if (sizes.classes > 0) session::SetClasses(recipe, sizes.classes);
  session::CheckClassWeights(recipe, sizes.class_names);
  const std::string& file = recipe.init.file;
  if (!file.empty() && !ListIfMissing(file)) {
    const auto checkpoint =
        session::OpenInitCheckpoint(recipe, std::move(opened.init));
    session::InitModel(recipe, &checkpoint, nullptr, sizes.class_names);
  }
  DryRunTeacher(recipe, sizes.class_names);
  fmt::print("{}\n", recipe::ToJson(recipe));
  PrintPlan(recipe, sizes, {.device = device.str(), .base = opened.base});
}

// What chooses the best weights.
std::string ScoreText(const train::Evaluation& e) {
  return fmt::format("{} {:.2f}", run::ScoreName(e.multi_label.has_value()),
                     e.score());
}

std::string MetricsText(const train::Evaluation& e) {
  if (e.multi_label) {
    return fmt::format("  mAP {:.2f}  macro F1 {:.2f}  subset accuracy {:.2f}",
                       e.multi_label->mean_ap, e.macro_f1,
                       e.multi_label->subset_accuracy);
  }
  return fmt::format(
      "  top-1 {:.2f}  top-5 {:.2f}  balanced {:.2f}  macro F1 {:.2f}", e.top1,
      e.top5, e.balanced_accuracy, e.macro_f1);
}

void LogEpoch(const train::EpochReport& r) {
  std::string line = fmt::format(
      "epoch {}/{}  loss {:.4f}  lr {:.2e}  {:.0f} img/s  {:.1f} s", r.epoch,
      r.epochs, r.train_loss, r.lr, r.images_per_second, r.seconds);
  if (r.test) line += MetricsText(*r.test) + (r.best ? "  (best)" : "");
  const int64_t test_skipped = r.test ? r.test->skipped : 0;
  if (r.skipped + test_skipped > 0) {
    line += fmt::format("  skipped {} corrupt training and {} test images",
                        r.skipped, test_skipped);
  }
  if (r.comm_wait) line += fmt::format("  comm {:.0f} %", 100 * *r.comm_wait);
  if (r.ema) line += "  ema " + ScoreText(*r.ema);
  if (r.average) line += "  average " + ScoreText(*r.average);
  if (r.eval_seconds) {
    line += fmt::format("  evaluation {:.1f} s", *r.eval_seconds);
  }
  if (r.save_seconds > 0) {
    line += fmt::format("  saves {:.1f} s", r.save_seconds);
  }
  spdlog::info("{}", line);
}

void PrintOneLabel(const train::TrainerState& p, const run::RunFolder& folder) {
  fmt::print("last        top-1 {:.2f}  top-5 {:.2f}  loss {:.4f}  {}\n",
             p.last_top1, p.last_top5, p.last_loss,
             folder.weights(run::kLast).string());
  fmt::print("best        top-1 {:.2f}  top-5 {:.2f}  epoch {}  {}\n",
             p.best_top1, p.best_top5, p.best_epoch,
             folder.weights(run::kBest).string());
  if (p.best_macro_f1 >= 0) {
    fmt::print("            balanced accuracy {:.2f}  macro F1 {:.2f}\n",
               p.best_balanced_accuracy, p.best_macro_f1);
  }
  if (p.test_top1 >= 0) {
    fmt::print(
        "test        top-1 {:.2f}  top-5 {:.2f}  loss {:.4f}  of the best "
        "weights\n            balanced accuracy {:.2f}  macro F1 {:.2f}\n",
        p.test_top1, p.test_top5, p.test_loss, p.test_balanced_accuracy,
        p.test_macro_f1);
  }
}

// A state of images with several labels: its top1 are mAP.
void PrintMultiLabel(const train::TrainerState& p,
                     const run::RunFolder& folder) {
  fmt::print("last        mAP {:.2f}  loss {:.4f}  {}\n", p.last_top1,
             p.last_loss, folder.weights(run::kLast).string());
  fmt::print("best        mAP {:.2f}  epoch {}  {}\n", p.best_top1,
             p.best_epoch, folder.weights(run::kBest).string());
  fmt::print("            macro F1 {:.2f}  subset accuracy {:.2f}\n",
             p.best_macro_f1, p.best_subset_accuracy);
  if (p.test_top1 >= 0) {
    fmt::print(
        "test        mAP {:.2f}  loss {:.4f}  of the best weights\n"
        "            macro F1 {:.2f}  subset accuracy {:.2f}\n",
        p.test_top1, p.test_loss, p.test_macro_f1, p.test_subset_accuracy);
  }
}

void PrintResult(const train::TrainResult& result,
                 const run::RunFolder& folder) {
  const train::TrainerState& p = result.state;
  const bool multi_label = p.best_subset_accuracy >= 0;
  const char* const score = run::ScoreName(multi_label);
  multi_label ? PrintMultiLabel(p, folder) : PrintOneLabel(p, folder);
  if (p.test_ema_top1 >= 0) {
    fmt::print("            {} {:.2f}  of the best EMA weights\n", score,
               p.test_ema_top1);
  }
  if (p.test_average_top1 >= 0) {
    fmt::print("            {} {:.2f}  of the average of the last epochs\n",
               score, p.test_average_top1);
  }
  if (result.ended_early) {
    fmt::print(
        "ended early at step {}, for want of a better {} (train.patience)\n",
        p.step, score);
  }
  if (result.skipped > 0) {
    fmt::print("corrupt     images skipped {} times\n", result.skipped);
  }
  if (result.test_skipped > 0) {
    fmt::print("corrupt     {} test images skipped: {} is of the others\n",
               result.test_skipped, score);
  }
}

train::TrainCallbacks CallbacksOnStderr(ProgressMeter& meter,
                                        const recipe::Recipe& recipe) {
  return {
      .stop_signal = LastStopSignal,
      .on_step =
          [show = session::ShowOn(meter), &recipe](const train::StepReport& r) {
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
            LogEpoch(r);
          },
      .on_progress = session::ShowOn(meter)};
}

// Trains; an interrupted run ends with exit code 130 or 143.
void FitAndPrint(session::TrainRun& run, nn::Model& model,
                 const run::RunFolder& folder) {
  ProgressMeter meter(ProgressOnStderr(30));
  const auto result = train::Fit(model, session::MakeJob(run), folder,
                                 CallbacksOnStderr(meter, run.recipe));
  meter.Clear();
  if (result.signal == 0) return PrintResult(result, folder);
  AdoptStopSignal(result.signal);
  throw Error(ErrorKind::kInterrupted, folder.root().string(),
              "stopped after step {}; its state is saved, and the same command "
              "with --resume continues",
              result.state.step);
}

void WriteConfig(const session::TrainRun& run, const run::RunFolder& folder) {
  WriteTextFile(folder.config(), recipe::ToJson(run.recipe) + "\n");
}

// Writes config.json and pretrained.json, and trains. A run that fails before
// anything is saved leaves neither: they would make the next try an error.
void FitNewRun(session::TrainRun& run, nn::Model& model,
               const run::RunFolder& folder) {
  WriteConfig(run, folder);
  if (!run.pretrained.empty()) {
    WriteTextFile(folder.pretrained(), run.pretrained);
  }
  try {
    FitAndPrint(run, model, folder);
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

// --resume without a recipe: it is the run's or, beside --model, what nothing
// gives is.
RecipeArgs RecipeArgsOf(const TrainArgs& args) {
  RecipeArgs recipe = args.recipe;
  if (!args.resume || args.output.empty() || !recipe.config.empty()) {
    return recipe;
  }
  const auto config = std::filesystem::path(args.output) / run::kConfigFile;
  if (!std::filesystem::exists(config)) return recipe;
  (recipe.model.model.empty() ? recipe.resumed : recipe.begun) =
      config.string();
  return recipe;
}

// Read the recipe, open its files, initialise, train, print the result: on each
// rank of `group`, of which the first writes the files; null: there is one.
void TrainOnRank(const TrainArgs& args, distributed::ProcessGroup* group) {
  OpenedRecipe opened = ReadRecipe(RecipeArgsOf(args));
  const c10::Device device = PrepareRank(group, args.device, args.threads);
  const StopSignal signals;
  const run::RunFolder folder = session::OpenFolder(args.output, group);
  const bool first = group == nullptr || group->IsFirst();
  // torchrun starts all ranks again after a failure.
  const bool resume = args.resume || (group != nullptr && group->restart() > 0);
  auto run = session::BeginRun(std::move(opened.recipe), device, folder, resume,
                               group, std::move(opened.init));
  run.trackers = args.track;
  if (first) session::AddLogFile(folder.log(), run.resumes);
  if (folder.locked_by_file()) {
    session::WarnOfFileLock(args.output, run::kLockFile);
  }
  session::OpenInputs(run, folder, args.allow_other_kernels);
  // All ranks have read the old one: they have agreed on sizes since.
  if (first && run.changed) WriteConfig(run, folder);
  PrintPlan(run.recipe, session::SizesOf(run.splits),
            {.device = device.str(),
             .resumes = run.resumes,
             .config = folder.config().string(),
             .base = run.resumes ? "" : opened.base});
  auto made = session::MakeModel(run);
  PrintInit(made);
  std::fflush(stdout);
  run.resumes || !first ? FitAndPrint(run, made.model, folder)
                        : FitNewRun(run, made.model, folder);
}

}  // namespace

void RunTrain(const TrainArgs& args, const Invocation& invocation) {
  if (args.dry_run) {
    if (args.threads > 0) at::set_num_threads(args.threads);
    const RecipeArgs recipe = RecipeArgsOf(args);
    const bool resumes = !recipe.resumed.empty() || !recipe.begun.empty();
    OpenedRecipe opened = ReadRecipe(recipe);
    const c10::Device device = train::FindDevice(args.device);
    return DryRun(std::move(opened), device, CountRanks(args.ranks), resumes);
  }
  if (args.output.empty()) {
    ReadRecipe(RecipeArgsOf(args));  // its errors come first
    throw Error(ErrorKind::kUsage, "--output", "is missing: the run's folder");
  }
  RunOnRanks(
      args.ranks, invocation, args.device, args.output,
      [&](distributed::ProcessGroup* group) { TrainOnRank(args, group); });
}

}  // namespace wsel::cli
