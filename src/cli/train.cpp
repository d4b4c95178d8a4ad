#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "commands.h"
#include "dry_run.h"
#include "init_checkpoint.h"
#include "log.h"
#include "open_splits.h"
#include "pretrained.h"
#include "recipe_args.h"
#include "renamed_option.h"
#include "resume_kernels.h"
#include "train_teacher.h"
#include "wsel/augment/mix.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/progress.h"
#include "wsel/core/sha256.h"
#include "wsel/core/signals.h"
#include "wsel/core/text_file.h"
#include "wsel/core/version.h"
#include "wsel/data/sampler.h"
#include "wsel/kernels/kernel_record.h"
#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/train/device.h"
#include "wsel/train/fit.h"
#include "wsel/train/init_from_checkpoint.h"
#include "wsel/train/micro_batch.h"
#include "wsel/train/precision.h"

namespace wsel::cli {
namespace {

struct TrainArgs {
  RecipeArgs recipe;
  std::string output;
  std::string device = "auto";
  int threads = 0;
  bool resume = false;
  bool allow_other_kernels = false;
  bool dry_run = false;
};

// Larger micro-batches are not faster on a CPU, and hardly on a GPU.
constexpr int64_t kMaxMicroBatchCpu = 64;
constexpr int64_t kMaxMicroBatchGpu = 1024;

// Replaces `auto` precision and batch sizes of 0 by values for the device.
void ResolveAutoOptions(recipe::Recipe& recipe, const c10::Device& device) {
  auto& train = recipe.train;
  const auto choice = train::ResolvePrecision(train.precision, device);
  spdlog::info("precision {} on {}: {}",
               train::Precisions().NameOf(choice.precision), device.str(),
               choice.reason);
  train.precision = choice.precision;
  if (train.micro_batch == 0) {
    const double limit = train.memory_gib * 1024 * 1024 * 1024;
    train.micro_batch = train::SolveMicroBatch(
        train.batch_size, MixingEnabled(train.mix) ? train.mixup_batch : 1,
        model::ActivationBytes(recipe.model),
        limit > 0 ? static_cast<int64_t>(limit) : train::MemoryBudget(device),
        device.is_cpu() ? kMaxMicroBatchCpu : kMaxMicroBatchGpu);
  }
  if (train.eval_batch == 0) train.eval_batch = train.micro_batch;
  train::Validate(train);
}

// Checks that a run is resumed with the recipe that it was started with, and
// restores the values that were resolved automatically.
void CheckResumeConfig(recipe::Recipe& recipe, const train::RunFolder& folder) {
  const std::string where = folder.config().string();
  const auto saved = recipe::RecipeFromJson(ReadText(folder.config()), where);
  auto& train = recipe.train;
  if (train.micro_batch == 0) train.micro_batch = saved.train.micro_batch;
  if (train.eval_batch == 0) train.eval_batch = saved.train.eval_batch;
  if (train.precision == train::Precision::kAuto) {
    train.precision = saved.train.precision;
  }
  if (!recipe.num_classes) {
    SetNumClasses(recipe.model, NumClasses(saved.model));
  }
  const auto differences = recipe::Differences(saved, recipe);
  if (differences.empty()) return;
  throw Error(ErrorKind::kConfig, where,
              fmt::format("the run was started with another configuration; "
                          "resume with that one, or train into another "
                          "folder:\n  {}",
                          fmt::join(differences, "\n  ")));
}

// The kernels that compute; nothing where LibTorch's operators do, as on a GPU.
kernels::KernelRecord KernelsOf(const recipe::Recipe& recipe,
                                const c10::Device& device) {
  if (!device.is_cpu() || recipe.train.precision != train::Precision::kFp32) {
    return {};
  }
  return kernels::CurrentKernels();
}

void SetClasses(recipe::Recipe& recipe, int64_t classes) {
  if (!recipe.num_classes || *recipe.num_classes == classes) {
    SetNumClasses(recipe.model, classes);
    return;
  }
  throw Error(ErrorKind::kMismatch, "model.num_classes",
              fmt::format("is {}, but {} has {} classes", *recipe.num_classes,
                          recipe.data.name, classes));
}

// A summary to check before training.
void PrintPlan(const recipe::Recipe& recipe, int64_t train_size,
               int64_t test_size) {
  const auto& train = recipe.train;
  fmt::print("{}\n", recipe::ToJson(recipe));
  fmt::print("model       {}, {} parameters, {} classes\n",
             NameOf(recipe.model), ParameterCount(recipe.model),
             NumClasses(recipe.model));
  fmt::print("batch       {} = {} x {} accumulated\n", train.batch_size,
             train.micro_batch, train.batch_size / train.micro_batch);
  if (train_size == 0) {
    fmt::print("steps       unknown without the data set\n");
    return;
  }
  const int64_t steps = data::StepsPerEpoch(train_size, train.batch_size);
  fmt::print("images      {} training, {} test\n", train_size, test_size);
  fmt::print("steps       {} = {} epochs x {}\n", steps * train.schedule.epochs,
             train.schedule.epochs, steps);
}

nn::Model InitModel(const recipe::Recipe& recipe,
                    const PretrainedCheckpoint* checkpoint,
                    const TrainTeacher* teacher) {
  nn::Model model = nn::Build(recipe.model);
  if (!recipe.init.select.empty() && teacher != nullptr) {
    InitFromTeacher(model, *teacher, recipe);
    return model;
  }
  if (checkpoint == nullptr) {
    Initialize(model, recipe.init.method, recipe.train.seed);
    return model;
  }
  const auto reset =
      train::InitFromCheckpoint(model, *checkpoint->remapped.tensors,
                                recipe.init.method, recipe.train.seed);
  if (!reset.empty()) {
    spdlog::info("re-initialised for {} classes: {}", NumClasses(recipe.model),
                 fmt::join(reset, ", "));
  }
  return model;
}

std::map<std::string, std::string> Metadata(const recipe::Recipe& recipe,
                                            const data::Dataset& train) {
  recipe::Recipe portable = recipe;
  portable.data.root.clear();
  portable.data.cache_dir.clear();
  portable.init.file =
      std::filesystem::path(recipe.init.file).filename().string();
  portable.teacher.file =
      std::filesystem::path(recipe.teacher.file).filename().string();
  using Json = nlohmann::json;
  return {{"format", "pt"},
          {run::kVersionKey, std::string(Version())},
          {kModelKey, model::ToJson(recipe.model)},
          {kMeanKey, Json(recipe.train.normalisation.mean).dump()},
          {kStdKey, Json(recipe.train.normalisation.std).dump()},
          {kClassesKey, Json(train.classes).dump()},
          {run::kRecipeKey, recipe::ToJson(portable)}};
}

void DryRunTeacher(const recipe::Recipe& recipe, int64_t classes) {
  const std::string& file = recipe.teacher.file;
  if (file.empty() || ListIfMissing(file)) return;
  const TrainTeacher teacher = OpenTeacher(recipe);
  if (!recipe.init.select.empty()) InitModel(recipe, nullptr, &teacher);
  if (recipe.train.distill.method != train::Distillation::kNone &&
      classes > 0) {
    MakeTeacher(teacher, recipe,
                std::vector<std::string>(static_cast<size_t>(classes)),
                c10::kCPU);
  }
}

// Lists missing files, and checks everything else as a run does.
void DryRun(recipe::Recipe recipe) {
  const SplitSizes sizes = DryRunSizes(recipe.data, Splits::kBoth);
  if (sizes.classes > 0) SetClasses(recipe, sizes.classes);
  const std::string& file = recipe.init.file;
  if (!file.empty() && !ListIfMissing(file)) {
    const PretrainedCheckpoint checkpoint = OpenInitCheckpoint(recipe);
    InitModel(recipe, &checkpoint, nullptr);
  }
  DryRunTeacher(recipe, sizes.classes);
  PrintPlan(recipe, sizes.train, sizes.test);
}

void LogEpoch(const train::EpochReport& r) {
  std::string line = fmt::format(
      "epoch {}/{}  loss {:.4f}  lr {:.2e}  {:.0f} img/s  {:.1f} s", r.epoch,
      r.epochs, r.train_loss, r.lr, r.images_per_second, r.seconds);
  if (r.evaluated) {
    line += fmt::format("  top-1 {:.2f}  top-5 {:.2f}{}", r.test.top1,
                        r.test.top5, r.best ? "  (best)" : "");
  }
  if (r.has_ema) line += fmt::format("  ema top-1 {:.2f}", r.ema.top1);
  spdlog::info("{}", line);
}

void PrintResult(const train::TrainResult& result,
                 const train::RunFolder& folder) {
  const train::TrainerState& p = result.state;
  fmt::print("last        top-1 {:.2f}  top-5 {:.2f}  loss {:.4f}  {}\n",
             p.last_top1, p.last_top5, p.last_loss,
             folder.weights(run::kLast).string());
  fmt::print("best        top-1 {:.2f}  top-5 {:.2f}  epoch {}  {}\n",
             p.best_top1, p.best_top5, p.best_epoch,
             folder.weights(run::kBest).string());
  if (result.skipped > 0) {
    fmt::print("corrupt     images skipped {} times\n", result.skipped);
  }
}

train::TrainCallbacks CallbacksOnStderr(ProgressMeter& meter,
                                        const recipe::Recipe& recipe) {
  const int64_t batch = recipe.train.batch_size;
  const bool quiet = !spdlog::should_log(spdlog::level::info);
  return {
      .stop_signal = LastStopSignal,
      .on_step =
          [&meter, &recipe, batch, quiet](const train::StepReport& r) {
            if (quiet) return;
            const int64_t epoch = (r.step - 1) / r.steps_per_epoch;
            const int64_t done = r.step - epoch * r.steps_per_epoch;
            meter.Update(
                {.title = fmt::format("epoch {}/{}", epoch + 1,
                                      recipe.train.schedule.epochs),
                 .step = done,
                 .steps = r.steps_per_epoch,
                 .later_steps = r.total_steps - (epoch + 1) * r.steps_per_epoch,
                 .images = done * batch,
                 .loss = r.loss,
                 .lr = r.lr});
          },
      .on_epoch =
          [&meter](const train::EpochReport& r) {
            meter.Clear();
            LogEpoch(r);
          }};
}

void CheckFolder(const train::RunFolder& folder, bool resume) {
  if (!folder.HasRun() || resume) return;
  throw Error(
      ErrorKind::kUsage, folder.root().string(),
      "already holds a run; continue it with --resume, or choose another "
      "--output");
}

// Ends an interrupted run with exit code 130 or 143.
[[noreturn]] void ThrowInterrupted(const train::TrainResult& result,
                                   const train::RunFolder& folder) {
  throw Error(ErrorKind::kInterrupted, folder.root().string(),
              fmt::format("stopped after step {}; its state is saved, and the "
                          "same command with --resume continues",
                          result.state.step));
}

// Read recipe, open data, build model, initialise, train, report.
void RunTrain(const TrainArgs& args) {
  if (args.threads > 0) at::set_num_threads(args.threads);
  recipe::Recipe recipe = ReadRecipe(args.recipe);
  const c10::Device device = train::FindDevice(args.device);
  if (args.dry_run) {
    ResolveAutoOptions(recipe, device);
    DryRun(std::move(recipe));
    return;
  }
  if (args.output.empty()) {
    throw Error(ErrorKind::kUsage, "--output", "is missing: the run's folder");
  }
  const StopSignal signals;
  const train::RunFolder folder(args.output);
  CheckFolder(folder, args.resume);
  const bool resumes = args.resume && folder.HasState();
  std::optional<TrainTeacher> teacher;
  if (!recipe.teacher.file.empty()) {
    teacher = OpenTeacher(recipe);
    recipe.teacher.digest = teacher->digest;
  }
  if (resumes) CheckResumeConfig(recipe, folder);
  AddLogFile(folder.log(), resumes);
  ResolveAutoOptions(recipe, device);
  const kernels::KernelRecord kernel_record = KernelsOf(recipe, device);
  if (!kernel_record.empty()) {
    spdlog::info("{}", kernels::Describe(kernel_record));
    if (resumes) {
      CheckResumeKernels(folder.state(), kernel_record,
                         args.allow_other_kernels);
    }
  }

  // Opened first, so that a mismatch is found before data is read.
  std::optional<PretrainedCheckpoint> checkpoint;
  if (!recipe.init.file.empty() && !resumes) {
    checkpoint = OpenInitCheckpoint(recipe);
  }
  const DataSplits splits = OpenSplits(recipe.data);
  SetClasses(recipe, static_cast<int64_t>(splits.train.classes.size()));
  PrintPlan(recipe, splits.train.size(), splits.test.size());
  std::fflush(stdout);
  nn::Model model = InitModel(recipe, checkpoint ? &*checkpoint : nullptr,
                              teacher && !resumes ? &*teacher : nullptr);
  checkpoint.reset();
  model.module->to(device);

  if (!resumes) WriteTextFile(folder.config(), recipe::ToJson(recipe) + "\n");
  ProgressMeter meter(ProgressOnStderr(30));
  train::TrainJob job;
  job.options = recipe.train;
  job.train = splits.train;
  job.test = splits.test;
  job.device = device;
  job.workers = static_cast<int>(recipe.data.workers);
  job.skip_corrupt = recipe.data.skip_corrupt;
  if (recipe.train.distill.method != train::Distillation::kNone) {
    job.teacher = MakeTeacher(*teacher, recipe, splits.train.classes, device);
    if (!recipe.data.cache_dir.empty()) {
      job.teacher_cache = std::filesystem::path(recipe.data.cache_dir) /
                          recipe::TeacherCacheName(recipe, device.str());
    }
  }
  teacher.reset();
  job.metadata = Metadata(recipe, splits.train);
  job.kernel_record = kernel_record;
  const auto result =
      train::Fit(model, job, folder, CallbacksOnStderr(meter, recipe));
  meter.Clear();
  if (result.signal != 0) ThrowInterrupted(result, folder);
  PrintResult(result, folder);
}

}  // namespace

void AddTrain(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<TrainArgs>();
  CLI::App* c =
      app.add_subcommand("train", "Train a model on a data set by a recipe");
  AddRecipeOptions(*c, args->recipe);
  c->add_option("--output", args->output,
                "Folder of the run: config.json, metrics.jsonl, summary.csv, "
                "TensorBoard events, last and best checkpoints, run state");
  c->add_option("--device", args->device, "Device: auto|cpu|cuda or cuda:1")
      ->capture_default_str();
  c->add_option("--threads", args->threads, "Compute threads; 0: one per core")
      ->capture_default_str();
  c->add_flag(
      "--resume", args->resume,
      "Resume the run in --output from its saved state; start a new run "
      "if there is none");
  c->add_flag("--allow-other-kernels", args->allow_other_kernels,
              "Resume although the GEMM backend or the instruction set is not "
              "that which the run began with: its weights then differ in their "
              "last bits");
  c->add_flag("--dry-run", args->dry_run,
              "Check the options, print the effective recipe and list missing "
              "files; do not train");
  invocation.computing.push_back({c, [args] { return !args->dry_run; }});
  c->callback([args, c] {
    LogOldNames(*c);
    RunTrain(*args);
  });
}

}  // namespace wsel::cli
