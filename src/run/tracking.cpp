#include "wsel/run/tracking.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include "wsel/core/escape_text.h"

namespace wsel::run {
namespace {

// "selected" of "runs/selected/".
std::string NameOf(const std::filesystem::path& folder) {
  auto path = std::filesystem::absolute(folder).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return EscapeText(path.filename().string());
}

double Now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Tracking::Tracking(const std::filesystem::path& folder,
                   const std::vector<Tracker>& given, const std::string& config,
                   double time, std::optional<Resume> resume) {
  const TrackedRun run =
      OpenTrackedRun(folder, given, time, resume.has_value());
  const std::string name = NameOf(folder);
  std::optional<int64_t> step;
  std::optional<uint64_t> bytes;
  if (resume) {
    step = resume->step;
    bytes = resume->wandb_bytes;
    step_ = resume->step;
    time_ = time;
    AddToRow(resume->row);
  }
  if (run.Has(Tracker::kTensorBoard)) {
    // Events are numbered by steps done, and TensorBoard discards those from
    // the given number on.
    events_.emplace(folder, time,
                    step ? std::optional(*step + 1) : std::nullopt);
  }
  if (run.Has(Tracker::kMlflow)) {
    // The end of the process that failed wrote the row.
    mlflow_.emplace(folder, run, name, config,
                    step && !row_.empty() ? *step - 1 : step);
  }
  if (run.Has(Tracker::kWandb)) {
    wandb_.emplace(folder, run, name, config, bytes);
  }
}

Tracking::~Tracking() {
  if (ended_) return;
  try {
    End(RunEnd::kFailed, Now());
  } catch (const std::exception&) {
    // Of a full disk, say: what ended the run is already reported.
  }
}

void Tracking::Write(int64_t step, double time, std::span<const Metric> row,
                     std::span<const Scalar> scalars) {
  if (events_) events_->Write(step, time, scalars);
  if (!row_.empty() && step != step_) WriteRow();
  step_ = step;
  time_ = time;
  AddToRow(row);
}

void Tracking::AddToRow(std::span<const Metric> row) {
  for (const Metric& metric : row) {
    // Which kind of line it is, and the step, which the row has itself.
    if (metric.name == kKindKey || metric.name == kStepKey) continue;
    const auto old = std::ranges::find(row_, metric.name, &Metric::name);
    if (old != row_.end()) row_.erase(old);
    row_.push_back(metric);
  }
}

void Tracking::WriteRow() {
  if (mlflow_) mlflow_->Write(step_, time_, row_);
  if (wandb_) wandb_->Write(step_, time_, row_);
  row_.clear();
}

uint64_t Tracking::Flush(bool holds_row) {
  if (!row_.empty() && !holds_row) WriteRow();
  return wandb_ ? wandb_->Flush() : 0;
}

void Tracking::End(RunEnd how, double time) {
  ended_ = true;  // an error does not repeat it
  Flush();
  if (mlflow_) mlflow_->End(how, time);
  if (wandb_) wandb_->End(how, time);
}

}  // namespace wsel::run
