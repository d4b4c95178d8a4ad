#include <ATen/ATen.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "wsel/cli/account.h"
#include "wsel/cli/commands.h"
#include "wsel/cli/data_sets.h"
#include "wsel/cli/device.h"
#include "wsel/cli/dry_run.h"
#include "wsel/cli/model_args.h"
#include "wsel/cli/restart.h"
#include "wsel/cli/use_of_weights.h"
#include "wsel/cli/weights.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/data/sampler.h"
#include "wsel/model/build.h"
#include "wsel/train/confusion.h"
#include "wsel/train/evaluate.h"
#include "wsel/train/micro_batch.h"
#include "wsel/train/pictures.h"
#include "wsel/train/precision.h"
#include "wsel/train/progress.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

struct EvalArgs {
  std::string checkpoint;
  std::string model;
  data::DataOptions data;
  std::vector<double> mean;
  std::vector<double> std;
  double crop_pct = 0.875;
  int64_t batch = 0;
  std::string precision = "auto";
  std::string device = "auto";
  std::string predictions;
  bool logits = false;
  std::string confusion;
  std::string per_class;
  bool dry_run = false;
  bool json = false;
};

// The model that the file tells, or that the user says it is.
model::Config ModelOf(const EvalArgs& args, const Weights& weights) {
  const model::Config& found = RequireModel(weights).config;
  if (args.model.empty()) return found;
  const model::Config said = NamedModel(args.model);
  for (const std::string& clause : OtherUses(found, said)) {
    spdlog::warn("{}: its weights want {}, as {} has", args.checkpoint, clause,
                 NameOf(said));
  }
  return said;
}

void CheckClasses(const model::Config& config, const std::string& data,
                  int64_t classes) {
  if (NumClasses(config) == classes) return;
  throw Error(ErrorKind::kMismatch, NameOf(config),
              NumClasses(config) == 0
                  ? "has no classifier head to evaluate"
                  : fmt::format("tells {} classes apart, and {} has {}",
                                NumClasses(config), data, classes));
}

// Three numbers from the flag, else from what the checkpoint or its source says
// of its training, else ImageNet's.
std::array<double, 3> Channels(const std::vector<double>& flag,
                               std::string_view option, const Weights& weights,
                               const char* key,
                               const std::array<double, 3>& fallback) {
  std::vector<double> values = flag;
  if (const auto known = PicturesOf(weights, key); values.empty() && known) {
    const auto json = Json::parse(*known, nullptr, false);
    const bool numbers =
        json.is_array() &&
        std::all_of(json.begin(), json.end(),
                    [](const Json& item) { return item.is_number(); });
    if (numbers) values = json.get<std::vector<double>>();
  }
  if (values.empty()) return fallback;
  if (values.size() != 3) {
    throw Error(ErrorKind::kUsage, option,
                "needs three numbers, one a channel: 0.5,0.5,0.5");
  }
  return {values[0], values[1], values[2]};
}

// A picture's line of the predictions file.
std::string PredictionLine(const data::Dataset& test, int64_t index,
                           const at::Tensor& logits, bool with_logits) {
  const auto label =
      static_cast<size_t>(test.labels[static_cast<size_t>(index)]);
  const auto top = std::get<1>(
      logits.topk(std::min<int64_t>(5, logits.size(0)), 0, true, true));
  Json line = {{"index", index},
               {"file", test.origin(index)},
               {"label", test.classes[label]}};
  for (int64_t i = 0; i < top.size(0); ++i) {
    const auto predicted = static_cast<size_t>(top[i].item<int64_t>());
    if (i == 0) line["prediction"] = test.classes[predicted];
    line["top5"].push_back(test.classes[predicted]);
  }
  if (with_logits) {
    line["logits"] = std::vector<float>(
        logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
  }
  return line.dump() + "\n";
}

void Print(const EvalArgs& args, const train::Evaluation& e,
           const std::vector<std::string>& broken) {
  if (args.json) {
    fmt::print("{}\n", Json({{"checkpoint", args.checkpoint},
                             {"dataset", args.data.name},
                             {"pictures", e.count},
                             {"skipped", e.skipped},
                             {"loss", e.loss},
                             {"top1", e.top1},
                             {"top5", e.top5}})
                           .dump());
    return;
  }
  fmt::print("top-1 {:.2f}  top-5 {:.2f}  loss {:.4f}  {} pictures\n", e.top1,
             e.top5, e.loss, e.count);
  if (e.skipped > 0) {
    fmt::print("{} pictures were left out as broken: {}\n", e.skipped,
               fmt::join(broken, ", "));
  }
}

void CheckEvalArgs(const EvalArgs& args) {
  if (args.logits && args.predictions.empty()) {
    throw Error(ErrorKind::kUsage, "--logits", "goes with --predictions FILE");
  }
  for (const std::string& output :
       {args.predictions, args.confusion, args.per_class}) {
    if (!output.empty() && output == args.checkpoint) {
      throw Error(ErrorKind::kUsage, output,
                  "is the checkpoint; the output needs another name");
    }
  }
}

// Counts are 0 where nobody knows them without the files. An absent
// checkpoint's classes are not known: its name tells the architecture alone.
void DryRun(const EvalArgs& args) {
  const DataSizes sizes = DryRunSizes(args.data, Splits::kTest);
  auto config = DryRunModel(args.checkpoint);
  if (!args.model.empty()) config = NamedModel(args.model);
  if (config) {
    fmt::print("model       {}\n", NameOf(*config));
    if (sizes.classes > 0 && std::filesystem::exists(args.checkpoint)) {
      CheckClasses(*config, args.data.name, sizes.classes);
    }
  }
  fmt::print("to test     {}\n", CountText(sizes.test));
}

// Open, build, load, run over the pictures, report.
void RunEval(const EvalArgs& args) {
  CheckEvalArgs(args);
  const c10::Device device = FindDevice(args.device);
  const auto precision =
      train::Choose(train::Precisions().Find(args.precision, "--precision"),
                    device)
          .precision;
  if (args.dry_run) {
    DryRun(args);
    return;
  }
  const Weights weights = OpenWeights(args.checkpoint);
  const model::Config config = ModelOf(args, weights);
  model::Model model = model::Build(config);
  Load(model, *weights.adapted.tensors);
  RequireAllUsed(weights, config);
  LogAccount(weights);
  model.module->to(device);

  const data::Dataset test = OpenTestSet(args.data);
  CheckClasses(config, test.name, static_cast<int64_t>(test.classes.size()));
  const train::Normalisation defaults;
  const train::Normalisation normalisation{
      Channels(args.mean, "--mean", weights, kMeanKey, defaults.mean),
      Channels(args.std, "--std", weights, kStdKey, defaults.std)};
  const auto size = static_cast<int>(ImageSize(config));
  const int64_t batch =
      args.batch > 0
          ? args.batch
          : train::SolveMicroBatch(256, 1, train::ActivationBytes(config) / 4,
                                   MemoryBudget(device), 256);

  train::Uploader uploader(device, normalisation);
  data::Loader loader(
      test, train::EvalPictures({.img_size = size, .crop_pct = args.crop_pct}),
      data::EvalBatches(test.size(), batch),
      {.img_size = size,
       .batch_size = batch,
       .workers = static_cast<int>(args.data.workers),
       .skip_broken = args.data.skip_broken},
      uploader.allocate());

  train::Confusion confusion(test.classes);
  std::optional<AtomicFile> predictions;
  if (!args.predictions.empty()) predictions.emplace(args.predictions);
  train::ProgressMeter meter(train::ProgressOnStderr(30));
  int64_t seen = 0;
  const auto on_logits = [&](const data::Batch& b, const at::Tensor& logits) {
    const auto best = logits.argmax(1);
    for (size_t i = 0; i < b.indices.size(); ++i) {
      if (!b.valid[i]) continue;
      const auto row = static_cast<int64_t>(i);
      confusion.Add(b.labels[i],
                    static_cast<int32_t>(best[row].item<int64_t>()));
      if (!predictions) continue;
      predictions->Write(
          PredictionLine(test, b.indices[i], logits[row], args.logits));
    }
    seen += b.size;
    if (!spdlog::should_log(spdlog::level::info)) return;
    meter.Update({.title = "eval",
                  .step = (seen + batch - 1) / batch,
                  .steps = (test.size() + batch - 1) / batch,
                  .images = seen});
  };
  const auto result = train::Evaluate(model.forward, loader, uploader,
                                      {size, precision, device}, on_logits);
  meter.Clear();
  if (predictions) predictions->Commit();
  if (!args.confusion.empty()) {
    WriteTextFile(args.confusion, confusion.MatrixCsv());
  }
  if (!args.per_class.empty()) {
    WriteTextFile(args.per_class, confusion.ScoresCsv());
  }
  Print(args, result, loader.broken_origins());
}

}  // namespace

void AddEval(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<EvalArgs>();
  CLI::App* c = app.add_subcommand(
      "eval", "Measure a checkpoint's accuracy on a data set's test pictures");
  c->add_option("--checkpoint", args->checkpoint,
                "Weights with a classifier head, as wsel inspect knows them")
      ->required();
  c->add_option("--dataset", args->data.name, "See wsel datasets")->required();
  c->add_option("--data-root", args->data.root,
                "The folder that holds the data set")
      ->required();
  c->add_option("--model", args->model,
                "What the checkpoint is, where it does not tell: a name or a "
                "JSON file");
  c->add_option(
       "--mean", args->mean,
       "Of the channels: 0.5,0.5,0.5; default: as the checkpoint or its "
       "source says, else ImageNet's")
      ->delimiter(',');
  c->add_option("--std", args->std, "As --mean")->delimiter(',');
  c->add_option("--crop-pct", args->crop_pct,
                "The part of the resized picture that is looked at");
  c->add_option("--batch", args->batch, "Pictures at once; 0: what fits");
  c->add_option("--classes", args->data.classes, "Only these classes: cat,dog")
      ->delimiter(',');
  c->add_option("--precision", args->precision, "auto, fp32, bf16 or fp16");
  c->add_option("--device", args->device, "auto, cpu, cuda or cuda:1");
  c->add_option("--workers", args->data.workers, "Threads that load pictures");
  c->add_flag("--skip-broken", args->data.skip_broken,
              "Leave out pictures that cannot be read, and count them");
  c->add_option("--predictions", args->predictions,
                "Write a JSON line for each picture");
  c->add_flag("--logits", args->logits, "With its logits");
  c->add_option("--confusion", args->confusion,
                "Write the confusion matrix as CSV");
  c->add_option("--per-class", args->per_class,
                "Write recall and precision of each class as CSV");
  c->add_flag("--dry-run", args->dry_run,
              "Check all that can be checked, and list the files that are not "
              "here");
  c->add_flag("--json", args->json, "Print the result as JSON");
  c->callback([args, &invocation] {
    RestartForTraining(invocation.argv);
    RunEval(*args);
  });
}

}  // namespace wsel::cli
