#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "eval_args.h"
#include "torch_commands.h"
#include "wsel/core/dump_json.h"
#include "wsel/session/eval_run.h"
#include "wsel/session/on_ranks.h"

namespace wsel::cli {
namespace {

void PrintJson(const session::EvalRequest& request,
               const session::EvalResult& evaluation) {
  fmt::print("{}\n", DumpJson(ToJson(request, evaluation)));
}

void PrintOneLabel(const train::Evaluation& e, const std::string& split) {
  fmt::print(
      "top-1 {:.2f}  top-5 {:.2f}  loss {:.4f}  {} images of {}\n"
      "balanced accuracy {:.2f}  macro F1 {:.2f}\n",
      e.top1, e.top5, e.loss, e.count, split, e.balanced_accuracy, e.macro_f1);
}

void PrintMultiLabel(const train::Evaluation& e, const std::string& split) {
  fmt::print(
      "mAP {:.2f}  macro F1 {:.2f}  subset accuracy {:.2f}  loss {:.4f}  {} "
      "images of {}\n",
      e.multi_label->mean_ap, e.macro_f1, e.multi_label->subset_accuracy,
      e.loss, e.count, split);
  if (e.multi_label->unseen_classes > 0) {
    fmt::print("{} classes have no image, and are not in mAP\n",
               e.multi_label->unseen_classes);
  }
}

void PrintText(const session::EvalResult& evaluation) {
  const train::Evaluation& e = evaluation.metrics;
  e.multi_label ? PrintMultiLabel(e, evaluation.split)
                : PrintOneLabel(e, evaluation.split);
  if (evaluation.calibration) {
    const train::CalibrationError& c = *evaluation.calibration;
    fmt::print(
        "ECE {:.2f}  temperature {:.4f}, fitted on these images: ECE {:.2f}  "
        "loss {:.4f}\n",
        c.ece, c.temperature, c.scaled_ece, c.scaled_loss);
  }
  if (e.skipped > 0) {
    fmt::print("skipped {} corrupt images: {}\n", e.skipped,
               fmt::join(evaluation.corrupt_files, ", "));
  }
}

}  // namespace

void RunEval(const EvalArgs& args, const Invocation& invocation) {
  const session::EvalJob& job = args.job;
  CheckEvalJob(job);
  if (args.dry_run) {
    return DryRunEval(job,
                      [](std::string_view text) { fmt::print("{}", text); });
  }
  session::RunOnRanks(job.ranks, invocation.Call(), job.device, /*folder=*/"",
                      [&](distributed::ProcessGroup* group) {
                        const auto result = Evaluate(job, group);
                        args.json ? PrintJson(job.request, result)
                                  : PrintText(result);
                      });
}

}  // namespace wsel::cli
