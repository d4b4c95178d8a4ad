#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "dry_run.h"
#include "eval_args.h"
#include "run_on_ranks.h"
#include "torch_commands.h"
#include "wsel/core/dump_json.h"
#include "wsel/core/error.h"
#include "wsel/core/progress.h"
#include "wsel/session/evaluation.h"
#include "wsel/session/log.h"
#include "wsel/train/calibration_error.h"
#include "wsel/train/device.h"

namespace wsel::cli {
namespace {

nlohmann::ordered_json MetricsOf(const train::Evaluation& e) {
  if (e.multi_label) {
    return {{"map", e.multi_label->mean_ap},
            {"macro_f1", e.macro_f1},
            {"subset_accuracy", e.multi_label->subset_accuracy},
            {"classes_without_images", e.multi_label->unseen_classes}};
  }
  return {{"top1", e.top1},
          {"top5", e.top5},
          {"balanced_accuracy", e.balanced_accuracy},
          {"macro_f1", e.macro_f1}};
}

// `logits` is empty unless args.ece.
void PrintJson(const EvalArgs& args, const session::Evaluation& evaluation,
               const train::Evaluation& e, const train::LogitTable& logits) {
  nlohmann::ordered_json result = {{"checkpoint", args.request.checkpoint.file},
                                   {"dataset", args.request.data.name},
                                   {"num_images", e.count},
                                   {"skipped", e.skipped},
                                   {"loss", e.loss}};
  result.update(MetricsOf(e));
  result["images"] = ToJson(evaluation.facts());
  result["precision"] = train::Precisions().NameOf(evaluation.precision());
  if (args.request.views != session::TestViews::kNone) {
    result["tta"] = session::AllTestViews().NameOf(args.request.views);
  }
  if (evaluation.among()) {
    result["among"] = session::Amongs().NameOf(*evaluation.among());
  }
  if (args.ece) {
    const train::CalibrationError c = logits.Calibration();
    result["ece"] = c.ece;
    result["temperature"] = {{"value", c.temperature},
                             {"fitted_on", "evaluated images"},
                             {"ece", c.scaled_ece},
                             {"loss", c.scaled_loss}};
  }
  fmt::print("{}\n", DumpJson(result));
}

void PrintOneLabel(const train::Evaluation& e) {
  fmt::print(
      "top-1 {:.2f}  top-5 {:.2f}  loss {:.4f}  {} images\n"
      "balanced accuracy {:.2f}  macro F1 {:.2f}\n",
      e.top1, e.top5, e.loss, e.count, e.balanced_accuracy, e.macro_f1);
}

void PrintMultiLabel(const train::Evaluation& e) {
  fmt::print(
      "mAP {:.2f}  macro F1 {:.2f}  subset accuracy {:.2f}  loss {:.4f}  {} "
      "images\n",
      e.multi_label->mean_ap, e.macro_f1, e.multi_label->subset_accuracy,
      e.loss, e.count);
  if (e.multi_label->unseen_classes > 0) {
    fmt::print("{} classes have no image, and are not in mAP\n",
               e.multi_label->unseen_classes);
  }
}

void Print(const EvalArgs& args, const session::Evaluation& evaluation,
           const train::Evaluation& e, const train::LogitTable& logits) {
  if (args.json) return PrintJson(args, evaluation, e, logits);
  e.multi_label ? PrintMultiLabel(e) : PrintOneLabel(e);
  if (args.ece) {
    const train::CalibrationError c = logits.Calibration();
    fmt::print(
        "ECE {:.2f}  temperature {:.4f}, fitted on these images: ECE {:.2f}  "
        "loss {:.4f}\n",
        c.ece, c.temperature, c.scaled_ece, c.scaled_loss);
  }
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
  if (files.probabilities && files.predictions.empty()) {
    throw Error(ErrorKind::kUsage, "--probabilities",
                "needs --predictions FILE");
  }
  for (const std::string& output :
       {files.predictions, files.confusion, files.per_class}) {
    if (!output.empty() && output == args.request.checkpoint.file) {
      throw Error(ErrorKind::kUsage, output,
                  "is the checkpoint; choose another output");
    }
  }
}

// What has no meaning where images have several labels.
void CheckMultiLabel(const EvalArgs& args) {
  const auto fail = [](const char* option, const char* message) {
    throw Error(ErrorKind::kUsage, option, message);
  };
  if (args.ece) {
    fail("--ece", "needs images with one label, and these have several");
  }
  if (!args.files.confusion.empty()) {
    fail("--confusion",
         "needs images with one label, and these have several; --per-class "
         "writes precision, recall and average precision of each class");
  }
}

// The number of classes of a missing checkpoint is unknown: its name gives only
// the architecture.
void DryRun(const session::EvalRequest& request) {
  const pretrained::CheckpointRequest& checkpoint = request.checkpoint;
  std::optional<session::EvalCheckpoint> opened;
  if (std::filesystem::exists(checkpoint.file)) {
    opened = session::OpenForEval(checkpoint);
  }
  const auto sizes =
      DryRunSizes(opened ? DataOfRun(request, *opened) : request.data,
                  session::Splits::kTest);
  auto config = checkpoint.given.model;
  if (!opened) {
    ListIfMissing(checkpoint.file);
    if (!config) config = pretrained::ModelByFileName(checkpoint.file);
  } else {
    config = opened->facts.model;
    if (sizes.classes > 0 && !sizes.partial_classes) {
      const auto of_run = ClassesOfRun(request, *opened, sizes.class_names);
      const auto& classes = of_run.empty() ? sizes.class_names : of_run;
      if (SomeClassesOf(request, *opened, classes, /*partial=*/false)
              .outputs.empty()) {
        OutputsOf(request, *opened, request.data.name, classes);
      }
    }
  }
  if (config) fmt::print("model       {}\n", NameOf(*config));
  fmt::print("test        {}\n", CountText(sizes.test));
}

// The images of a batch that are not skipped.
void AddTo(train::LogitTable& table, const data::Batch& batch,
           const at::Tensor& logits) {
  const at::Tensor rows = logits.contiguous();
  const auto classes = static_cast<size_t>(rows.size(1));
  for (size_t i = 0; i < batch.indices.size(); ++i) {
    if (!batch.valid[i]) continue;
    table.Add({rows.data_ptr<float>() + i * classes, classes}, batch.labels[i]);
  }
}

// Open, evaluate, write, print: on each rank of `group`, of which the first
// writes and prints; null: there is one.
void EvalOnRank(const EvalArgs& args, distributed::ProcessGroup* group) {
  const c10::Device device = PrepareRank(group, args.device, /*threads=*/0);
  session::Evaluation evaluation(args.request, device, group);
  if (evaluation.test().multi_label()) CheckMultiLabel(args);
  const bool first = group == nullptr || group->IsFirst();
  session::EvalOutputs outputs(first ? args.files : session::EvalFiles{},
                               evaluation.test());
  ProgressMeter meter(ProgressOnStderr(30));
  const OnProgress show = session::ShowOn(meter);
  ProgressPoint done{.title = "eval", .steps = evaluation.num_batches()};
  train::LogitTable table;
  const auto result =
      evaluation.Run([&](const data::Batch& batch, const at::Tensor& logits) {
        outputs.Add(batch, logits);
        if (args.ece) AddTo(table, batch, logits);
        Advance(done, batch.size, show);
      });
  meter.Clear();
  outputs.Write();
  Print(args, evaluation, result, table);
}

}  // namespace

void RunEval(const EvalArgs& args, const Invocation& invocation) {
  CheckEvalArgs(args);
  if (args.dry_run) {
    train::FindDevice(args.device);
    CountRanks(args.ranks);  // its errors
    return DryRun(args.request);
  }
  RunOnRanks(
      args.ranks, invocation, args.device, /*folder=*/"",
      [&](distributed::ProcessGroup* group) { EvalOnRank(args, group); });
}

}  // namespace wsel::cli
