#include "wsel/session/epoch_line.h"

#include <fmt/format.h>

#include "wsel/run/log.h"

namespace wsel::session {
namespace {

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

}  // namespace

std::string EpochLine(const train::EpochReport& r) {
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
  return line;
}

}  // namespace wsel::session
