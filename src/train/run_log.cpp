#include "wsel/train/run_log.h"

#include <chrono>
#include <vector>

namespace wsel::train {
namespace {

// Steps are many; of these, one in so many is written down.
constexpr int64_t kStepsALine = 10;

double Now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(time).count();
}

template <typename T>
std::optional<T> If(bool condition, T value) {
  return condition ? std::optional<T>(value) : std::nullopt;
}

void AddEvaluation(std::vector<Metric>& row, const std::string& prefix,
                   const Evaluation& evaluation) {
  row.push_back({prefix + "_loss", evaluation.loss});
  row.push_back({prefix + "_top1", evaluation.top1});
  row.push_back({prefix + "_top5", evaluation.top5});
}

void AddEvaluation(std::vector<Scalar>& scalars, const std::string& prefix,
                   const Evaluation& evaluation) {
  const auto add = [&](const char* name, double value) {
    scalars.push_back({prefix + name, static_cast<float>(value)});
  };
  add("/loss", evaluation.loss);
  add("/top1", evaluation.top1);
  add("/top5", evaluation.top5);
}

}  // namespace

RunLog::RunLog(const RunFolder& folder, const Progress& progress)
    : metrics_(folder.metrics(), If(progress.step > 0, progress.metrics_bytes)),
      summary_(folder.summary(), If(progress.step > 0, progress.summary_bytes)),
      // Steps are numbered by updates done, and TensorBoard forgets what is at
      // or beyond the number.
      events_(folder.root(), Now(), If(progress.step > 0, progress.step + 1)) {}

void RunLog::Step(const StepReport& report) {
  if (report.step % kStepsALine != 0) return;
  std::vector<Metric> row = {{"kind", "step"},
                             {"step", report.step},
                             {"loss", report.loss},
                             {"lr", report.lr}};
  std::vector<Scalar> scalars = {
      {"train/loss", static_cast<float>(report.loss)},
      {"train/lr", static_cast<float>(report.lr)}};
  if (report.taught_loss) {
    row.push_back({"taught_loss", *report.taught_loss});
    scalars.push_back(
        {"train/taught_loss", static_cast<float>(*report.taught_loss)});
  }
  metrics_.Write(row);
  events_.Write(report.step, Now(), scalars);
}

void RunLog::Epoch(const EpochReport& report) {
  EpochSummary summary{report.epoch, report.train_loss, std::nullopt,
                       report.lr};
  std::vector<Metric> row = {{"kind", "epoch"},
                             {"epoch", report.epoch},
                             {"step", report.step},
                             {"train_loss", report.train_loss},
                             {"lr", report.lr}};
  std::vector<Scalar> scalars = {
      {"train/epoch_loss", static_cast<float>(report.train_loss)}};
  if (report.evaluated) {
    const Evaluation& test = report.test;
    summary.eval = {test.loss, test.top1, test.top5};
    AddEvaluation(row, "eval", test);
    AddEvaluation(scalars, "eval", test);
  }
  if (report.has_ema) {
    AddEvaluation(row, "ema", report.ema);
    AddEvaluation(scalars, "ema", report.ema);
  }
  row.push_back({"seconds", report.seconds});
  row.push_back({"images_per_second", report.images_per_second});
  if (report.teacher_seconds) {
    row.push_back({"teacher_seconds", *report.teacher_seconds});
  }
  metrics_.Write(row);
  summary_.Write(summary);
  events_.Write(report.step, Now(), scalars);
}

void RunLog::Stamp(Progress& progress) {
  progress.metrics_bytes = metrics_.Flush();
  progress.summary_bytes = summary_.Flush();
}

}  // namespace wsel::train
