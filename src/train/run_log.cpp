#include "run_log.h"

#include <chrono>
#include <vector>

namespace wsel::train {
namespace {

// One step in so many is logged.
constexpr int64_t kLogInterval = 10;

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

RunLog::RunLog(const RunFolder& folder, const TrainerState& state)
    : metrics_(folder.metrics(), If(state.step > 0, state.metrics_bytes)),
      summary_(folder.summary(), If(state.step > 0, state.summary_bytes)),
      // Events are numbered by steps done, and TensorBoard discards those from
      // the given number on.
      events_(folder.root(), Now(), If(state.step > 0, state.step + 1)) {}

void RunLog::Step(const StepReport& report) {
  if (report.step % kLogInterval != 0) return;
  std::vector<Metric> row = {{"kind", "step"},
                             {"step", report.step},
                             {"loss", report.loss},
                             {"lr", report.lr}};
  std::vector<Scalar> scalars = {
      {"train/loss", static_cast<float>(report.loss)},
      {"train/lr", static_cast<float>(report.lr)}};
  if (report.kd_loss) {
    row.push_back({"kd_loss", *report.kd_loss});
    scalars.push_back({"train/kd_loss", static_cast<float>(*report.kd_loss)});
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

void RunLog::RecordLogLengths(TrainerState& state) {
  state.metrics_bytes = metrics_.Flush();
  state.summary_bytes = summary_.Flush();
}

}  // namespace wsel::train
