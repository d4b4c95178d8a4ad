#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "commands.h"
#include "torch_commands.h"
#include "train_args.h"
#include "wsel/run/file_names.h"
#include "wsel/run/log.h"
#include "wsel/run/run_folder.h"
#include "wsel/select/report.h"
#include "wsel/session/on_ranks.h"
#include "wsel/session/training.h"

namespace wsel::cli {
namespace {

void PrintOneLabel(const train::TrainerState& p, const std::string& folder) {
  fmt::print("last        top-1 {:.2f}  top-5 {:.2f}  loss {:.4f}  {}\n",
             p.last_top1, p.last_top5, p.last_loss,
             run::WeightsFile(folder, run::kLast).string());
  fmt::print("best        top-1 {:.2f}  top-5 {:.2f}  epoch {}  {}\n",
             p.best_top1, p.best_top5, p.best_epoch,
             run::WeightsFile(folder, run::kBest).string());
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
void PrintMultiLabel(const train::TrainerState& p, const std::string& folder) {
  fmt::print("last        mAP {:.2f}  loss {:.4f}  {}\n", p.last_top1,
             p.last_loss, run::WeightsFile(folder, run::kLast).string());
  fmt::print("best        mAP {:.2f}  epoch {}  {}\n", p.best_top1,
             p.best_epoch, run::WeightsFile(folder, run::kBest).string());
  fmt::print("            macro F1 {:.2f}  subset accuracy {:.2f}\n",
             p.best_macro_f1, p.best_subset_accuracy);
  if (p.test_top1 >= 0) {
    fmt::print(
        "test        mAP {:.2f}  loss {:.4f}  of the best weights\n"
        "            macro F1 {:.2f}  subset accuracy {:.2f}\n",
        p.test_top1, p.test_loss, p.test_macro_f1, p.test_subset_accuracy);
  }
}

void PrintResult(const train::TrainResult& result, const std::string& folder) {
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

}  // namespace

void RunTrain(const TrainArgs& args, const Invocation& invocation) {
  const session::TrainRequest& request = args.request;
  const auto print = [&](std::string_view text) {
    fmt::print("{}", text);
    if (!args.dry_run) std::fflush(stdout);  // training takes long
  };
  const session::TrainingView view{
      .print = [&](auto text) { print(invocation.NamingOptions(text)); },
      .config = print,
      .plan = [&](const select::Plan& plan) { print(Summary(plan)); }};
  if (args.dry_run) return DryRunTraining(request, view);
  RequireOutput(request);
  session::RunOnRanks(request.ranks, invocation.Call(), request.device,
                      request.output, [&](distributed::ProcessGroup* group) {
                        PrintResult(Train(request, group, view),
                                    request.output);
                      });
}

}  // namespace wsel::cli
