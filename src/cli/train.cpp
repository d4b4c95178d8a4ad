#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "wsel/augment/mix.h"
#include "wsel/cli/commands.h"
#include "wsel/cli/data_sets.h"
#include "wsel/cli/device.h"
#include "wsel/cli/dry_run.h"
#include "wsel/cli/log.h"
#include "wsel/cli/recipe_args.h"
#include "wsel/cli/restart.h"
#include "wsel/core/signals.h"
#include "wsel/cli/train_start.h"
#include "wsel/cli/train_teacher.h"
#include "wsel/cli/weights.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"
#include "wsel/core/version.h"
#include "wsel/data/sampler.h"
#include "wsel/model/config_json.h"
#include "wsel/model/layout.h"
#include "wsel/model/product_library.h"
#include "wsel/train/fit.h"
#include "wsel/train/micro_batch.h"
#include "wsel/train/precision.h"
#include "wsel/train/progress.h"
#include "wsel/train/start.h"

namespace wsel::cli {
namespace {

struct TrainArgs {
  RecipeArgs recipe;
  std::string output;
  std::string device = "auto";
  int threads = 0;
  bool resume = false;
  bool dry_run = false;
};

// More at once makes a CPU no faster, and a GPU hardly.
constexpr int64_t kLargestOnCpu = 64;
constexpr int64_t kLargestOnGpu = 1024;

// Fills in what the recipe leaves to the machine.
void SettleForDevice(recipe::Recipe& recipe, const c10::Device& device) {
  auto& train = recipe.train;
  const auto choice = train::Choose(train.precision, device);
  spdlog::info("precision {} on {}: {}",
               train::Precisions().NameOf(choice.precision), device.str(),
               choice.reason);
  train.precision = choice.precision;
  if (train.micro_batch == 0) {
    const double given = train.memory_gb * 1024 * 1024 * 1024;
    train.micro_batch = train::SolveMicroBatch(
        train.batch_size, Mixes(train.mix) ? train.mixup_batch : 1,
        train::ActivationBytes(recipe.model),
        given > 0 ? static_cast<int64_t>(given) : MemoryBudget(device),
        device.is_cpu() ? kLargestOnCpu : kLargestOnGpu);
  }
  if (train.eval_batch == 0) train.eval_batch = train.micro_batch;
  train::Validate(train);
}

// A run goes on with the recipe that it began with; what the machine decided
// then stays decided.
void MatchSaved(recipe::Recipe& recipe, const train::RunFolder& folder) {
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
              fmt::format("the run began with another configuration; go on "
                          "with that one, or train into another folder:\n  {}",
                          fmt::join(differences, "\n  ")));
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

// What a user wants to see before hours are spent.
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
  fmt::print("pictures    {} to train, {} to test\n", train_size, test_size);
  fmt::print("steps       {} = {} epochs x {}\n", steps * train.epochs,
             train.epochs, steps);
}

model::Model BuildStart(const recipe::Recipe& recipe, const Weights* start,
                        const TrainTeacher* teacher) {
  model::Model model = model::Build(recipe.model);
  if (!recipe.init.select.empty() && teacher != nullptr) {
    SelectStart(model, *teacher, recipe);
    return model;
  }
  if (start == nullptr) {
    Initialize(model, recipe.init.method, recipe.train.seed);
    return model;
  }
  const auto fresh = train::LoadStart(model, *start->adapted.tensors,
                                      recipe.init.method, recipe.train.seed);
  if (!fresh.empty()) {
    spdlog::info("made anew for {} classes: {}", NumClasses(recipe.model),
                 fmt::join(fresh, ", "));
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
          {"wsel.version", std::string(Version())},
          {kModelKey, model::ToJson(recipe.model)},
          {kMeanKey, Json(recipe.train.normalisation.mean).dump()},
          {kStdKey, Json(recipe.train.normalisation.std).dump()},
          {kClassesKey, Json(train.classes).dump()},
          {"wsel.recipe", recipe::ToJson(portable)}};
}

// Where runs share a teacher's answers: the name is of all that decides them,
// the recipe's part on teacher, pictures and what the student sees of them.
std::filesystem::path AnswersFile(const recipe::Recipe& recipe,
                                  const c10::Device& device) {
  if (recipe.data.cache_dir.empty()) return {};
  using Json = nlohmann::ordered_json;
  const Json all = Json::parse(recipe::Identity(recipe));
  Json part = {{"device", device.str()},
               {"root", std::filesystem::absolute(recipe.data.root).string()},
               {"img_size", ImageSize(recipe.model)},
               {"method", all["distill"]["method"]}};
  for (const char* section : {"teacher", "data", "augment", "evaluation"}) {
    part[section] = all[section];
  }
  return std::filesystem::path(recipe.data.cache_dir) /
         (Sha256Hex(part.dump()).substr(0, 16) + ".answers.safetensors");
}

void DryRunTeacher(const recipe::Recipe& recipe, int64_t classes) {
  const std::string& file = recipe.teacher.file;
  if (file.empty() || ListIfAbsent(file)) return;
  const TrainTeacher teacher = OpenTeacher(recipe);
  if (!recipe.init.select.empty()) BuildStart(recipe, nullptr, &teacher);
  if (recipe.train.distill.method != train::Distillation::kNone &&
      classes > 0) {
    AnsweringTeacher(teacher, recipe,
                     std::vector<std::string>(static_cast<size_t>(classes)),
                     c10::kCPU);
  }
}

// Absent files are listed; all the rest is checked as ever.
void DryRun(recipe::Recipe recipe) {
  const DataSizes sizes = DryRunSizes(recipe.data, Splits::kBoth);
  if (sizes.classes > 0) SetClasses(recipe, sizes.classes);
  const std::string& file = recipe.init.file;
  if (!file.empty() && !ListIfAbsent(file)) {
    const Weights start = OpenStart(recipe);
    BuildStart(recipe, &start, nullptr);
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

void PrintResult(const train::Outcome& outcome,
                 const train::RunFolder& folder) {
  const train::Progress& p = outcome.progress;
  fmt::print("last        top-1 {:.2f}  top-5 {:.2f}  loss {:.4f}  {}\n",
             p.last_top1, p.last_top5, p.last_loss,
             folder.weights("last").string());
  fmt::print("best        top-1 {:.2f}  top-5 {:.2f}  epoch {}  {}\n",
             p.best_top1, p.best_top5, p.best_epoch,
             folder.weights("best").string());
  if (outcome.broken > 0) {
    fmt::print("broken      {} times a picture was left out\n", outcome.broken);
  }
}

train::Watch WatchOnStderr(train::ProgressMeter& meter,
                           const recipe::Recipe& recipe) {
  const int64_t batch = recipe.train.batch_size;
  const bool quiet = !spdlog::should_log(spdlog::level::info);
  return {.stop = LastStopSignal,
          .on_step =
              [&meter, &recipe, batch, quiet](const train::StepReport& r) {
                if (quiet) return;
                const int64_t epoch = (r.step - 1) / r.steps_per_epoch;
                const int64_t done = r.step - epoch * r.steps_per_epoch;
                meter.Update({.title = fmt::format("epoch {}/{}", epoch + 1,
                                                   recipe.train.epochs),
                              .step = done,
                              .steps = r.steps_per_epoch,
                              .later_steps = r.total_steps -
                                             (epoch + 1) * r.steps_per_epoch,
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
  throw Error(ErrorKind::kUsage, folder.root().string(),
              "holds a run already: --resume goes on with it, or name another "
              "--output");
}

// The last line of a run that a signal ended.
[[noreturn]] void ThrowInterrupted(const train::Outcome& outcome,
                                   const train::RunFolder& folder) {
  throw Error(ErrorKind::kInterrupted, folder.root().string(),
              fmt::format("stopped after step {}, which is saved; the same "
                          "command with --resume goes on",
                          outcome.progress.step));
}

// Read recipe, open data, build, load, train, report.
void RunTrain(const TrainArgs& args) {
  if (args.threads > 0) at::set_num_threads(args.threads);
  recipe::Recipe recipe = ReadRecipe(args.recipe);
  const c10::Device device = FindDevice(args.device);
  if (args.dry_run) {
    SettleForDevice(recipe, device);
    DryRun(std::move(recipe));
    return;
  }
  if (args.output.empty()) {
    throw Error(ErrorKind::kUsage, "--output", "is missing: the run's folder");
  }
  const StopSignal signals;
  const train::RunFolder folder(args.output);
  CheckFolder(folder, args.resume);
  const bool goes_on = args.resume && folder.HasState();
  std::optional<TrainTeacher> teacher;
  if (!recipe.teacher.file.empty()) {
    teacher = OpenTeacher(recipe);
    recipe.teacher.digest = teacher->digest;
  }
  if (goes_on) MatchSaved(recipe, folder);
  LogInto(folder.log(), goes_on);
  SettleForDevice(recipe, device);
  if (device.is_cpu() && recipe.train.precision == train::Precision::kFp32) {
    spdlog::info("matrix products by {}", model::ProductLibrary());
  }

  // A start that does not fit is told before data is read.
  std::optional<Weights> start;
  if (!recipe.init.file.empty() && !goes_on) {
    start = OpenStart(recipe);
  }
  const DataSets sets = OpenDataSets(recipe.data);
  SetClasses(recipe, static_cast<int64_t>(sets.train.classes.size()));
  PrintPlan(recipe, sets.train.size(), sets.test.size());
  std::fflush(stdout);
  model::Model model = BuildStart(recipe, start ? &*start : nullptr,
                                  teacher && !goes_on ? &*teacher : nullptr);
  start.reset();
  model.module->to(device);

  if (!goes_on) WriteTextFile(folder.config(), recipe::ToJson(recipe) + "\n");
  train::ProgressMeter meter(train::ProgressOnStderr(30));
  train::Run run;
  run.options = recipe.train;
  run.train = sets.train;
  run.test = sets.test;
  run.device = device;
  run.workers = static_cast<int>(recipe.data.workers);
  run.skip_broken = recipe.data.skip_broken;
  if (recipe.train.distill.method != train::Distillation::kNone) {
    run.teacher =
        AnsweringTeacher(*teacher, recipe, sets.train.classes, device);
    run.answers = AnswersFile(recipe, device);
  }
  teacher.reset();
  run.metadata = Metadata(recipe, sets.train);
  const auto outcome =
      train::Fit(model, run, folder, WatchOnStderr(meter, recipe));
  meter.Clear();
  if (outcome.signal != 0) ThrowInterrupted(outcome, folder);
  PrintResult(outcome, folder);
}

}  // namespace

void AddTrain(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<TrainArgs>();
  CLI::App* c = app.add_subcommand(
      "train", "Train a model on a data set by a recipe, and keep the run");
  AddRecipeOptions(*c, args->recipe);
  c->add_option("--output", args->output,
                "The run's folder: config.json, metrics.jsonl, summary.csv, "
                "TensorBoard events, last and best weights, state");
  c->add_option("--device", args->device, "auto, cpu, cuda or cuda:1");
  c->add_option("--threads", args->threads,
                "Threads of one computation; 0: one a core");
  c->add_flag("--resume", args->resume,
              "Go on where the folder's run was saved; start where none was");
  c->add_flag("--dry-run", args->dry_run,
              "Print the effective configuration and stop");
  c->callback([args, &invocation] {
    if (!args->dry_run) RestartForTraining(invocation.argv);
    RunTrain(*args);
  });
}

}  // namespace wsel::cli
