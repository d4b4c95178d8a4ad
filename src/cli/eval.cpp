#include <ATen/ATen.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "commands.h"
#include "dry_run.h"
#include "load_report.h"
#include "model_args.h"
#include "open_splits.h"
#include "pretrained.h"
#include "renamed_option.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/progress.h"
#include "wsel/data/sampler.h"
#include "wsel/model/forward_differences.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/nn/build.h"
#include "wsel/train/confusion_matrix.h"
#include "wsel/train/device.h"
#include "wsel/train/evaluate.h"
#include "wsel/train/micro_batch.h"
#include "wsel/train/precision.h"
#include "wsel/train/transforms.h"

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
  int64_t batch_size = 0;
  std::string precision = "auto";
  std::string device = "auto";
  std::string predictions;
  bool logits = false;
  std::string confusion;
  std::string per_class;
  bool dry_run = false;
  bool json = false;
};

// The model given by --model, else the detected one.
model::Config ModelOf(const EvalArgs& args,
                      const PretrainedCheckpoint& pretrained) {
  const model::Config& found = RequireModel(pretrained).config;
  if (args.model.empty()) return found;
  const model::Config given = NamedModel(args.model);
  for (const std::string& clause : ForwardDifferences(found, given)) {
    spdlog::warn("{}: the weights were trained with {} as in {}",
                 args.checkpoint, clause, NameOf(given));
  }
  return given;
}

void CheckClasses(const model::Config& config, const std::string& data,
                  int64_t classes) {
  if (NumClasses(config) == classes) return;
  throw Error(ErrorKind::kMismatch, NameOf(config),
              NumClasses(config) == 0
                  ? "has no classifier to evaluate"
                  : fmt::format("has {} classes, but {} has {}",
                                NumClasses(config), data, classes));
}

// The mean or std given by the flag, else that of the checkpoint or its source
// library, else ImageNet's.
std::array<double, 3> ResolveRgbTriple(const std::vector<double>& flag,
                                       std::string_view option,
                                       const PretrainedCheckpoint& pretrained,
                                       const char* key,
                                       const std::array<double, 3>& fallback) {
  std::vector<double> values = flag;
  if (const auto known = PretrainedMeanOrStd(pretrained, key);
      values.empty() && known) {
    const auto json = Json::parse(*known, nullptr, false);
    const bool valid = json.is_array() && std::all_of(json.begin(), json.end(),
                                                      [](const Json& item) {
                                                        return item.is_number();
                                                      });
    if (valid) values = json.get<std::vector<double>>();
  }
  if (values.empty()) return fallback;
  if (values.size() != 3) {
    throw Error(ErrorKind::kUsage, option,
                "needs one value per channel, such as 0.5,0.5,0.5");
  }
  return {values[0], values[1], values[2]};
}

// The line of an image in the predictions file.
std::string PredictionLine(const data::Dataset& test, int64_t index,
                           const at::Tensor& logits, bool with_logits) {
  const auto label =
      static_cast<size_t>(test.labels[static_cast<size_t>(index)]);
  const auto top = std::get<1>(
      logits.topk(std::min<int64_t>(5, logits.size(0)), 0, true, true));
  Json line = {{"index", index},
               {"file", test.filename(index)},
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
           const std::vector<std::string>& corrupt) {
  if (args.json) {
    fmt::print("{}\n", Json({{"checkpoint", args.checkpoint},
                             {"dataset", args.data.name},
                             {"num_images", e.count},
                             {"skipped", e.skipped},
                             {"loss", e.loss},
                             {"top1", e.top1},
                             {"top5", e.top5}})
                           .dump());
    return;
  }
  fmt::print("top-1 {:.2f}  top-5 {:.2f}  loss {:.4f}  {} images\n", e.top1,
             e.top5, e.loss, e.count);
  if (e.skipped > 0) {
    fmt::print("skipped {} corrupt images: {}\n", e.skipped,
               fmt::join(corrupt, ", "));
  }
}

void CheckEvalArgs(const EvalArgs& args) {
  if (args.logits && args.predictions.empty()) {
    throw Error(ErrorKind::kUsage, "--logits", "needs --predictions FILE");
  }
  for (const std::string& output :
       {args.predictions, args.confusion, args.per_class}) {
    if (!output.empty() && output == args.checkpoint) {
      throw Error(ErrorKind::kUsage, output,
                  "is the checkpoint; choose another output");
    }
  }
}

// The number of classes of a missing checkpoint is unknown: its name gives only
// the architecture.
void DryRun(const EvalArgs& args) {
  const SplitSizes sizes = DryRunSizes(args.data, Splits::kTest);
  auto config = DryRunModel(args.checkpoint);
  if (!args.model.empty()) config = NamedModel(args.model);
  if (config) {
    fmt::print("model       {}\n", NameOf(*config));
    if (sizes.classes > 0 && std::filesystem::exists(args.checkpoint)) {
      CheckClasses(*config, args.data.name, sizes.classes);
    }
  }
  fmt::print("test        {}\n", CountText(sizes.test));
}

// Open, build, load, evaluate, report.
void RunEval(const EvalArgs& args) {
  CheckEvalArgs(args);
  const c10::Device device = train::FindDevice(args.device);
  const auto precision =
      train::ResolvePrecision(
          train::Precisions().Find(args.precision, "--precision"), device)
          .precision;
  if (args.dry_run) {
    DryRun(args);
    return;
  }
  const PretrainedCheckpoint pretrained = OpenPretrained(args.checkpoint);
  const model::Config config = ModelOf(args, pretrained);
  nn::Model model = nn::Build(config);
  Load(model, *pretrained.remapped.tensors);
  RequireNoUnexpectedKeys(pretrained, config);
  LogLoadReport(pretrained);
  model.module->to(device);

  const data::Dataset test = OpenTestSplit(args.data);
  CheckClasses(config, test.name, static_cast<int64_t>(test.classes.size()));
  const image::Normalisation defaults;
  const image::Normalisation normalisation{
      ResolveRgbTriple(args.mean, "--mean", pretrained, kMeanKey,
                       defaults.mean),
      ResolveRgbTriple(args.std, "--std", pretrained, kStdKey, defaults.std)};
  const auto size = static_cast<int>(ImageSize(config));
  const int64_t batch =
      args.batch_size > 0
          ? args.batch_size
          : train::SolveMicroBatch(256, 1, model::ActivationBytes(config) / 4,
                                   train::MemoryBudget(device), 256);

  train::Uploader uploader(device, normalisation);
  data::Loader loader(
      test,
      train::MakeEvalTransform({.img_size = size, .crop_pct = args.crop_pct}),
      data::EvalBatches(test.size(), batch),
      {.img_size = size,
       .batch_size = batch,
       .workers = static_cast<int>(args.data.workers),
       .skip_corrupt = args.data.skip_corrupt},
      uploader.allocate());

  train::ConfusionMatrix confusion(test.classes);
  std::optional<AtomicFile> predictions;
  if (!args.predictions.empty()) predictions.emplace(args.predictions);
  ProgressMeter meter(ProgressOnStderr(30));
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
  const auto result =
      train::Evaluate([&](const at::Tensor& x) { return model.forward(x); },
                      loader, uploader, {size, precision, device}, on_logits);
  meter.Clear();
  if (predictions) predictions->Commit();
  if (!args.confusion.empty()) {
    WriteTextFile(args.confusion, confusion.MatrixCsv());
  }
  if (!args.per_class.empty()) {
    WriteTextFile(args.per_class, confusion.ScoresCsv());
  }
  Print(args, result, loader.corrupt_files());
}

}  // namespace

void AddEval(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<EvalArgs>();
  CLI::App* c = app.add_subcommand(
      "eval", "Evaluate a checkpoint on the test split of a data set");
  c->add_option(
       "--checkpoint", args->checkpoint,
       "Checkpoint with a classifier, of any kind that wsel inspect reads")
      ->required();
  c->add_option("--dataset", args->data.name,
                "Data set, as listed by wsel datasets")
      ->required();
  c->add_option("--data-root", args->data.root,
                "Folder that holds the data set")
      ->required();
  c->add_option("--model", args->model,
                "Model of the checkpoint if it cannot be detected: a name (see "
                "wsel models) or a JSON file");
  c->add_option(
       "--mean", args->mean,
       "Per-channel mean: 0.5,0.5,0.5; default: that of the checkpoint or its "
       "source library, else ImageNet's")
      ->delimiter(',');
  c->add_option("--std", args->std,
                "Per-channel standard deviation; default: as --mean")
      ->delimiter(',');
  c->add_option("--crop-pct", args->crop_pct,
                "Center crop fraction (timm's crop_pct)")
      ->capture_default_str();
  c->add_option("--batch-size", args->batch_size,
                "Batch size in images; 0: derived from free memory")
      ->capture_default_str();
  AddOldName(*c, "--batch", "--batch-size", args->batch_size);
  c->add_option("--classes", args->data.classes, "Only these classes: cat,dog")
      ->delimiter(',');
  c->add_option("--precision", args->precision,
                "Compute dtype (autocast): " + train::Precisions().Choices())
      ->capture_default_str();
  c->add_option("--device", args->device, "Device: auto|cpu|cuda or cuda:1")
      ->capture_default_str();
  c->add_option("--workers", args->data.workers,
                "Data loader threads; -1: one per core")
      ->capture_default_str();
  c->add_flag("--skip-corrupt", args->data.skip_corrupt,
              "Skip and count images that cannot be read");
  AddOldName(*c, "--skip-broken", "--skip-corrupt", args->data.skip_corrupt);
  c->add_option("--predictions", args->predictions,
                "Write one JSON line per image to this file");
  c->add_flag("--logits", args->logits, "Add logits to --predictions");
  c->add_option("--confusion", args->confusion,
                "Write the confusion matrix to this CSV file");
  c->add_option("--per-class", args->per_class,
                "Write recall and precision of each class to this CSV file");
  c->add_flag("--dry-run", args->dry_run,
              "Check the options and list missing files; compute nothing");
  c->add_flag("--json", args->json, "Print the result as JSON");
  invocation.computing.push_back({c, [args] { return !args->dry_run; }});
  c->callback([args, c] {
    LogOldNames(*c);
    RunEval(*args);
  });
}

}  // namespace wsel::cli
