#include "run_writer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "loss_reader.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/dump_json.h"
#include "wsel/run/file_names.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/train/confusion_matrix.h"

namespace wsel::train {
namespace {

using run::Metric;
using run::Scalar;

double Now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(time).count();
}

template <typename T>
std::optional<T> If(bool condition, T value) {
  return condition ? std::optional<T>(value) : std::nullopt;
}

// The run's configuration, as its checkpoints have it: without paths.
std::string ConfigOf(const TrainJob& job) {
  const auto recipe = job.metadata.find(run::kRecipeKey);
  return recipe == job.metadata.end() ? "{}" : recipe->second;
}

// Only where images were skipped.
void AddSkipped(std::vector<Metric>& row, const std::string& prefix,
                int64_t skipped) {
  if (skipped > 0) row.push_back({prefix + run::kSkippedSuffix, skipped});
}

// Only where there are several ranks.
void AddCommWait(std::vector<Metric>& row, std::optional<double> comm_wait) {
  if (comm_wait) row.push_back({run::kCommWaitKey, *comm_wait});
}

void AddMultiLabel(std::vector<Metric>& row, std::vector<Scalar>& scalars,
                   const std::string& prefix, const Evaluation& e) {
  const double mean_ap = e.multi_label->mean_ap;
  const double subset_accuracy = e.multi_label->subset_accuracy;
  row.push_back({prefix + run::kLossSuffix, e.loss});
  row.push_back({prefix + run::kMapSuffix, mean_ap});
  row.push_back({prefix + run::kMacroF1Suffix, e.macro_f1});
  row.push_back({prefix + run::kSubsetAccuracySuffix, subset_accuracy});
  AddSkipped(row, prefix, e.skipped);
  scalars.push_back({prefix + "/loss", static_cast<float>(e.loss)});
  scalars.push_back({prefix + "/map", static_cast<float>(mean_ap)});
  scalars.push_back({prefix + "/macro_f1", static_cast<float>(e.macro_f1)});
  scalars.push_back(
      {prefix + "/subset_accuracy", static_cast<float>(subset_accuracy)});
}

void AddEvaluation(std::vector<Metric>& row, std::vector<Scalar>& scalars,
                   const std::string& prefix, const Evaluation& e) {
  if (e.multi_label) return AddMultiLabel(row, scalars, prefix, e);
  row.push_back({prefix + run::kLossSuffix, e.loss});
  row.push_back({prefix + run::kTop1Suffix, e.top1});
  row.push_back({prefix + run::kTop5Suffix, e.top5});
  row.push_back({prefix + run::kBalancedAccuracySuffix, e.balanced_accuracy});
  row.push_back({prefix + run::kMacroF1Suffix, e.macro_f1});
  AddSkipped(row, prefix, e.skipped);
  scalars.push_back({prefix + "/loss", static_cast<float>(e.loss)});
  scalars.push_back({prefix + "/top1", static_cast<float>(e.top1)});
  scalars.push_back({prefix + "/top5", static_cast<float>(e.top5)});
  scalars.push_back(
      {prefix + "/balanced_accuracy", static_cast<float>(e.balanced_accuracy)});
  scalars.push_back({prefix + "/macro_f1", static_cast<float>(e.macro_f1)});
}

// "" if there are too many classes for a matrix.
std::string ConfusionCsv(const Evaluation& evaluation,
                         const std::vector<std::string>& classes) {
  if (!evaluation.confusion.defined()) return "";
  ConfusionMatrix matrix(classes);
  const auto counts = evaluation.confusion.accessor<int64_t, 2>();
  for (int32_t label = 0; label < counts.size(0); ++label) {
    for (int32_t other = 0; other < counts.size(1); ++other) {
      matrix.Add(label, other, counts[label][other]);
    }
  }
  return matrix.MatrixCsv();
}

nlohmann::ordered_json ToJson(const Evaluation& e) {
  if (e.multi_label) {
    return {{"num_images", e.count},
            {"skipped", e.skipped},
            {"loss", e.loss},
            {"map", e.multi_label->mean_ap},
            {"macro_f1", e.macro_f1},
            {"subset_accuracy", e.multi_label->subset_accuracy}};
  }
  return {{"num_images", e.count}, {"skipped", e.skipped},
          {"loss", e.loss},        {"top1", e.top1},
          {"top5", e.top5},        {"balanced_accuracy", e.balanced_accuracy},
          {"macro_f1", e.macro_f1}};
}

// What metrics.jsonl has of that step, if it is in the last line.
std::vector<Metric> RowOfStep(const std::filesystem::path& metrics,
                              int64_t step) {
  auto row = run::LastRow(metrics);
  const auto of_step = std::ranges::any_of(row, [&](const Metric& metric) {
    return metric.name == run::kStepKey &&
           metric.value == decltype(metric.value)(step);
  });
  return of_step ? row : std::vector<Metric>();
}

void Summarise(const Evaluation& e, run::Epoch& summary) {
  summary.skipped = e.skipped;
  summary.macro_f1 = e.macro_f1;
  if (e.multi_label) {
    summary.map = e.multi_label->mean_ap;
    summary.subset_accuracy = e.multi_label->subset_accuracy;
    return;
  }
  summary.top1 = e.top1;
  summary.top5 = e.top5;
  summary.balanced_accuracy = e.balanced_accuracy;
}

// What a resumed run must have in common.
std::map<std::string, std::string> StateMetadata(const TrainJob& job) {
  auto metadata = job.kernel_record;
  const auto images = job.metadata.find(run::kTrainImagesKey);
  if (images != job.metadata.end()) metadata.insert(*images);
  return metadata;
}

}  // namespace

RunWriter::RunWriter(const TrainJob& job, const RunFolder& folder,
                     const TrainerState& state, bool lacks_evaluation)
    : job_(job),
      folder_(folder),
      metrics_(folder.metrics(), If(state.step > 0, state.metrics_bytes)),
      summary_(folder.summary(), If(state.step > 0, state.summary_bytes),
               job.train.multi_label()),
      tracking_(folder.root(), job.trackers, ConfigOf(job), Now(),
                If(state.step > 0,
                   run::Tracking::Resume{
                       .step = state.step,
                       .wandb_bytes = state.wandb_bytes,
                       .row = lacks_evaluation
                                  ? RowOfStep(folder.metrics(), state.step)
                                  : std::vector<Metric>()})) {}

void RunWriter::Log(const StepReport& report) {
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
  AddCommWait(row, report.comm_wait);
  metrics_.Write(row);
  tracking_.Write(report.step, Now(), row, scalars);
}

void RunWriter::Log(const EpochReport& report) {
  run::Epoch summary;
  summary.epoch = report.epoch;
  summary.train_loss = report.train_loss;
  summary.lr = report.lr;
  std::vector<Metric> row = {{run::kKindKey, run::kEpochKind},
                             {run::kEpochsDoneKey, report.epoch},
                             {run::kStepKey, report.step},
                             {run::kTrainLossKey, report.train_loss},
                             {run::kLrKey, report.lr}};
  AddSkipped(row, run::kTrainPrefix, report.skipped);
  std::vector<Scalar> scalars = {
      {"train/epoch_loss", static_cast<float>(report.train_loss)}};
  if (report.test) {
    summary.eval_loss = report.test->loss;
    Summarise(*report.test, summary);
    AddEvaluation(row, scalars, run::kEvalPrefix, *report.test);
  }
  if (report.ema) AddEvaluation(row, scalars, run::kEmaPrefix, *report.ema);
  if (report.average) {
    AddEvaluation(row, scalars, run::kAveragePrefix, *report.average);
  }
  row.push_back({run::kSecondsKey, report.seconds});
  if (report.eval_seconds) {
    row.push_back({run::kEvalSecondsKey, *report.eval_seconds});
  }
  row.push_back({run::kSaveSecondsKey, report.save_seconds});
  row.push_back({run::kImagesPerSecondKey, report.images_per_second});
  AddCommWait(row, report.comm_wait);
  if (report.teacher_seconds) {
    row.push_back({run::kTeacherSecondsKey, *report.teacher_seconds});
  }
  metrics_.Write(row);
  summary_.Write(summary);
  tracking_.Write(report.step, Now(), row, scalars);
}

void RunWriter::Keep(const std::string& which,
                     const optim::NamedTensors& weights, int64_t epoch) {
  kept_[which] = {optim::CloneTensors(weights), epoch};
}

void RunWriter::KeepConfusion(const Evaluation& best,
                              const std::vector<std::string>& classes) {
  kept_confusion_ = ConfusionCsv(best, classes);
}

void RunWriter::WriteTest(const Evaluation& best,
                          const std::optional<Evaluation>& ema,
                          const std::optional<Evaluation>& average,
                          int64_t best_epoch) {
  nlohmann::ordered_json json = ToJson(best);
  json["epoch"] = best_epoch;
  if (ema) json["ema"] = ToJson(*ema);
  if (average) json["average"] = ToJson(*average);
  WriteTextFile(folder_.test(), DumpJson(json, 2) + "\n");
  kept_confusion_ = ConfusionCsv(best, job_.test.classes);
}

bool RunWriter::SaveIsDue() const {
  return since_save_.Seconds() >= job_.options.save_minutes * 60;
}

void RunWriter::Save(const TrainStep& step, int64_t epoch, TrainerState& state,
                     bool lacks_evaluation) {
  for (const auto& [which, weights] : kept_) Write(which, weights);
  kept_.clear();
  if (!kept_confusion_.empty()) {
    WriteTextFile(folder_.confusion(), kept_confusion_);
    kept_confusion_.clear();
  }
  Write(run::kLast, {optim::CloneTensors(step.parameters()), epoch});
  if (step.ema() != nullptr) {
    Write(run::kLastEma,
          {optim::CloneTensors(step.ema()->ema_weights()), epoch});
  }
  state.seconds += since_save_.Seconds();
  since_save_.Restart();
  state.metrics_bytes = metrics_.Flush();
  state.summary_bytes = summary_.Flush();
  state.wandb_bytes = tracking_.Flush(/*holds_row=*/lacks_evaluation);
  SaveState(folder_.state(), state, step.StateDict(), StateMetadata(job_));
}

void RunWriter::End(int signal) {
  tracking_.End(signal == 0 ? run::RunEnd::kFinished : run::RunEnd::kStopped,
                Now());
}

void RunWriter::Write(const std::string& which, const Weights& weights) const {
  auto metadata = job_.metadata;
  metadata.insert(job_.kernel_record.begin(), job_.kernel_record.end());
  metadata[run::kEpochKey] = std::to_string(weights.epoch);
  WriteTensors(folder_.weights(which), weights.tensors, metadata);
}

}  // namespace wsel::train
