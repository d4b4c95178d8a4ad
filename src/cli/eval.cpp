#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "dry_run.h"
#include "options.h"
#include "ranks.h"
#include "wsel/core/dump_json.h"
#include "wsel/core/error.h"
#include "wsel/core/progress.h"
#include "wsel/session/evaluation.h"
#include "wsel/session/log.h"
#include "wsel/train/device.h"

namespace wsel::cli {
namespace {

struct EvalArgs {
  session::EvalRequest request;
  std::string device = "auto";
  RankArgs ranks;
  session::EvalFiles files;
  bool dry_run = false;
  bool json = false;
};

void Print(const EvalArgs& args, const session::Evaluation& evaluation,
           const train::Evaluation& e) {
  if (args.json) {
    const auto precision = train::Precisions().NameOf(evaluation.precision());
    fmt::print("{}\n", DumpJson({{"checkpoint", args.request.checkpoint},
                                 {"dataset", args.request.data.name},
                                 {"num_images", e.count},
                                 {"skipped", e.skipped},
                                 {"loss", e.loss},
                                 {"top1", e.top1},
                                 {"top5", e.top5},
                                 {"images", ToJson(evaluation.facts())},
                                 {"precision", precision}}));
    return;
  }
  fmt::print("top-1 {:.2f}  top-5 {:.2f}  loss {:.4f}  {} images\n", e.top1,
             e.top5, e.loss, e.count);
  if (e.skipped > 0) {
    fmt::print("skipped {} corrupt images: {}\n", e.skipped,
               fmt::join(evaluation.corrupt_files(), ", "));
  }
}

void CheckEvalArgs(const EvalArgs& args) {
  const session::EvalFiles& files = args.files;
  if (files.logits && files.predictions.empty()) {
    throw Error(ErrorKind::kUsage, "--logits", "needs --predictions FILE");
  }
  for (const std::string& output :
       {files.predictions, files.confusion, files.per_class}) {
    if (!output.empty() && output == args.request.checkpoint) {
      throw Error(ErrorKind::kUsage, output,
                  "is the checkpoint; choose another output");
    }
  }
}

// The number of classes of a missing checkpoint is unknown: its name gives only
// the architecture.
void DryRun(const session::EvalRequest& request) {
  const auto sizes = DryRunSizes(request.data, session::Splits::kTest);
  auto config = request.given.model;
  if (ListIfMissing(request.checkpoint)) {
    if (!config) config = pretrained::ModelByFileName(request.checkpoint);
  } else {
    const session::EvalCheckpoint opened = OpenForEval(request);
    config = opened.facts.model;
    if (sizes.classes > 0) {
      const auto of_run = ClassesOfRun(request, opened, sizes.class_names);
      OutputsOf(request, opened, request.data.name,
                of_run.empty() ? sizes.class_names : of_run);
    }
  }
  if (config) fmt::print("model       {}\n", NameOf(*config));
  fmt::print("test        {}\n", CountText(sizes.test));
}

// Open, evaluate, write, print: on each rank of `group`, of which the first
// writes and prints; null: there is one.
void EvalOnRank(EvalArgs args, distributed::ProcessGroup* group) {
  session::EvalRequest& request = args.request;
  request.device = PrepareRank(group, args.device, /*threads=*/0);
  request.group = group;
  session::Evaluation evaluation(request);
  const bool first = group == nullptr || group->IsFirst();
  session::EvalOutputs outputs(first ? args.files : session::EvalFiles{},
                               evaluation.test());
  ProgressMeter meter(ProgressOnStderr(30));
  const OnProgress show = session::ShowOn(meter);
  ProgressPoint done{.title = "eval", .steps = evaluation.num_batches()};
  const auto result =
      evaluation.Run([&](const data::Batch& batch, const at::Tensor& logits) {
        outputs.Add(batch, logits);
        Advance(done, batch.size, show);
      });
  meter.Clear();
  outputs.Write();
  Print(args, evaluation, result);
}

void RunEval(EvalArgs args, const Invocation& invocation) {
  CheckEvalArgs(args);
  if (args.dry_run) {
    args.request.device = train::FindDevice(args.device);
    return DryRun(args.request);
  }
  RunOnRanks(
      args.ranks, invocation, args.device, /*folder=*/"",
      [&](distributed::ProcessGroup* group) { EvalOnRank(args, group); });
}

void AddModel(CLI::App& c, EvalArgs& args) {
  session::EvalRequest& request = args.request;
  AddFile(c, "--checkpoint", request.checkpoint,
          "Checkpoint with a classifier, of any kind that wsel inspect reads")
      ->required();
  AddCopyChoice(c, request.copy);
  AddNumHeads(c, request.num_heads);
  AddModelName(c, "--model", request.given.model, kModelHelp);
  AddRgb(c, "--mean", request.given.mean,
         "Per-channel mean: 0.5,0.5,0.5; default: that of the checkpoint, of a "
         "file beside it or of its source, else ImageNet's");
  AddRgb(c, "--std", request.given.std,
         "Per-channel standard deviation; default: as --mean");
}

void AddData(CLI::App& c, EvalArgs& args) {
  data::DataOptions& data = args.request.data;
  AddDataset(c, data, "NAME", "DIR");
  c.add_option("--crop-pct", args.request.given.crop_pct,
               "Center crop fraction (timm's crop_pct); default: that of the "
               "checkpoint's run or of a file beside it, else 0.875")
      ->check(CLI::Range(0.01, 1.0));
  AddChoice(c, "--interpolation", args.request.given.interpolation,
            image::Interpolations(),
            "Interpolation: " + image::Interpolations().Choices() +
                "; default: as --crop-pct, else bicubic");
  AddResize(c, args.request.given.pass_order);
  AddClasses(c, data);
  AddChoice(c, "--class-order", args.request.class_order,
            pretrained::ClassOrders(),
            "Match the classifier's outputs to the classes by name, or by "
            "position in the order of either library: " +
                pretrained::ClassOrders().Choices());
  AddWorkers(c, data.workers);
  AddSkipCorrupt(c, data);
}

void AddRun(CLI::App& c, EvalArgs& args) {
  c.add_option("--batch-size", args.request.batch_size,
               "Batch size in images; 0: derived from free memory")
      ->capture_default_str();
  AddOldName(c, "--batch", "--batch-size", args.request.batch_size);
  AddChoice(c, "--precision", args.request.precision, train::Precisions(),
            "Compute dtype (autocast): " + train::Precisions().Choices() +
                "; auto: that of the checkpoint's run, if there is one");
  AddDevice(c, args.device);
  AddRanks(c, args.ranks);
  AddDryRun(c, args.dry_run);
}

void AddOutput(CLI::App& c, EvalArgs& args) {
  session::EvalFiles& files = args.files;
  AddFile(c, "--predictions", files.predictions,
          "Write one JSON line per image to this file");
  c.add_flag("--logits", files.logits, "Add logits to --predictions");
  AddFile(c, "--confusion", files.confusion,
          "Write the confusion matrix to this CSV file");
  AddFile(c, "--per-class", files.per_class,
          "Write recall and precision of each class to this CSV file");
  AddJson(c, args.json);
}

}  // namespace

void AddEval(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<EvalArgs>();
  CLI::App* c = app.add_subcommand(
      "eval", "Evaluate a checkpoint on the test split of a data set");
  c->option_defaults()->group("Model");
  AddModel(*c, *args);
  c->option_defaults()->group("Data");
  AddData(*c, *args);
  c->option_defaults()->group("Run");
  AddRun(*c, *args);
  c->option_defaults()->group("Output");
  AddOutput(*c, *args);
  invocation.computing.push_back({c, [args] { return !args->dry_run; }});
  c->callback([args, c, &invocation] {
    LogOldNames(*c);
    RunEval(*args, invocation);
  });
}

}  // namespace wsel::cli
