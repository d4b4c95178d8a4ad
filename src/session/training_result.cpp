#include "wsel/session/training_result.h"

#include <fmt/format.h>

#include "wsel/run/file_names.h"
#include "wsel/run/log.h"
#include "wsel/run/run_folder.h"

namespace wsel::session {
namespace {

std::string OneLabelText(const train::TrainerState& p,
                         const std::string& folder) {
  std::string text = fmt::format(
      "last        top-1 {:.2f}  top-5 {:.2f}  loss {:.4f}  {}\n"
      "best        top-1 {:.2f}  top-5 {:.2f}  epoch {}  {}\n",
      p.last_top1, p.last_top5, p.last_loss,
      run::WeightsFile(folder, run::kLast).string(), p.best_top1, p.best_top5,
      p.best_epoch, run::WeightsFile(folder, run::kBest).string());
  if (p.best_macro_f1 >= 0) {
    text +=
        fmt::format("            balanced accuracy {:.2f}  macro F1 {:.2f}\n",
                    p.best_balanced_accuracy, p.best_macro_f1);
  }
  if (p.test_top1 >= 0) {
    text += fmt::format(
        "test        top-1 {:.2f}  top-5 {:.2f}  loss {:.4f}  of the best "
        "weights\n            balanced accuracy {:.2f}  macro F1 {:.2f}\n",
        p.test_top1, p.test_top5, p.test_loss, p.test_balanced_accuracy,
        p.test_macro_f1);
  }
  return text;
}

// Of a state of images with several labels: its top1 are mAP.
std::string MultiLabelText(const train::TrainerState& p,
                           const std::string& folder) {
  std::string text = fmt::format(
      "last        mAP {:.2f}  loss {:.4f}  {}\n"
      "best        mAP {:.2f}  epoch {}  {}\n"
      "            macro F1 {:.2f}  subset accuracy {:.2f}\n",
      p.last_top1, p.last_loss, run::WeightsFile(folder, run::kLast).string(),
      p.best_top1, p.best_epoch, run::WeightsFile(folder, run::kBest).string(),
      p.best_macro_f1, p.best_subset_accuracy);
  if (p.test_top1 >= 0) {
    text += fmt::format(
        "test        mAP {:.2f}  loss {:.4f}  of the best weights\n"
        "            macro F1 {:.2f}  subset accuracy {:.2f}\n",
        p.test_top1, p.test_loss, p.test_macro_f1, p.test_subset_accuracy);
  }
  return text;
}

}  // namespace

std::string ResultText(const train::TrainResult& result,
                       const std::string& folder) {
  const train::TrainerState& p = result.state;
  const bool multi_label = p.best_subset_accuracy >= 0;
  const char* const score = run::ScoreName(multi_label);
  std::string text =
      multi_label ? MultiLabelText(p, folder) : OneLabelText(p, folder);
  if (p.test_ema_top1 >= 0) {
    text += fmt::format("            {} {:.2f}  of the best EMA weights\n",
                        score, p.test_ema_top1);
  }
  if (p.test_average_top1 >= 0) {
    text += fmt::format(
        "            {} {:.2f}  of the average of the last epochs\n", score,
        p.test_average_top1);
  }
  if (result.ended_early) {
    text += fmt::format(
        "ended early at step {}, for want of a better {} (train.patience)\n",
        p.step, score);
  }
  if (result.skipped > 0) {
    text +=
        fmt::format("corrupt     images skipped {} times\n", result.skipped);
  }
  if (result.test_skipped > 0) {
    text +=
        fmt::format("corrupt     {} test images skipped: {} is of the others\n",
                    result.test_skipped, score);
  }
  return text;
}

}  // namespace wsel::session
