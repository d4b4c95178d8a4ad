#include "run_log.h"

#include <chrono>
#include <vector>

#include "wsel/run/metric_keys.h"

namespace wsel::train {
namespace {

using run::Metric;
using run::Scalar;

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
  row.push_back({prefix + run::kLossSuffix, evaluation.loss});
  row.push_back({prefix + run::kTop1Suffix, evaluation.top1});
  row.push_back({prefix + run::kTop5Suffix, evaluation.top5});
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
  std::vector<Metric> row = {{run::kKindKey, run::kStepKind},
                             {run::kStepKey, report.step},
                             {run::kLossKey, report.loss},
                             {run::kLrKey, report.lr}};
  std::vector<Scalar> scalars = {
      {"train/loss", static_cast<float>(report.loss)},
      {"train/lr", static_cast<float>(report.lr)}};
  if (report.kd_loss) {
    row.push_back({run::kKdLossKey, *report.kd_loss});
    scalars.push_back({"train/kd_loss", static_cast<float>(*report.kd_loss)});
  }
  metrics_.Write(row);
  events_.Write(report.step, Now(), scalars);
}

void RunLog::Epoch(const EpochReport& report) {
  run::Epoch summary;
  summary.epoch = report.epoch;
  summary.train_loss = report.train_loss;
  summary.lr = report.lr;
  std::vector<Metric> row = {{run::kKindKey, run::kEpochKind},
                             {run::kEpochsDoneKey, report.epoch},
                             {run::kStepKey, report.step},
                             {run::kTrainLossKey, report.train_loss},
                             {run::kLrKey, report.lr}};
  std::vector<Scalar> scalars = {
      {"train/epoch_loss", static_cast<float>(report.train_loss)}};
  if (report.evaluated) {
    const Evaluation& test = report.test;
    summary.eval_loss = test.loss;
    summary.top1 = test.top1;
    summary.top5 = test.top5;
    AddEvaluation(row, run::kEvalPrefix, test);
    AddEvaluation(scalars, "eval", test);
  }
  if (report.has_ema) {
    AddEvaluation(row, run::kEmaPrefix, report.ema);
    AddEvaluation(scalars, "ema", report.ema);
  }
  row.push_back({run::kSecondsKey, report.seconds});
  row.push_back({run::kImagesPerSecondKey, report.images_per_second});
  if (report.teacher_seconds) {
    row.push_back({run::kTeacherSecondsKey, *report.teacher_seconds});
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
