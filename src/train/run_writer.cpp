#include "run_writer.h"

#include "write_tensors.h"
#include "wsel/run/file_names.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::train {

RunWriter::RunWriter(const TrainJob& job, const RunFolder& folder,
                     const TrainerState& state)
    : job_(job), folder_(folder), log_(folder, state) {}

void RunWriter::Keep(const std::string& which,
                     const optim::NamedTensors& weights, int64_t epoch) {
  kept_[which] = {optim::CloneTensors(weights), epoch};
}

bool RunWriter::SaveIsDue() const {
  return since_save_.Seconds() >= job_.options.save_minutes * 60;
}

void RunWriter::Save(const TrainStep& step, int64_t epoch,
                     TrainerState& state) {
  for (const auto& [which, weights] : kept_) Write(which, weights);
  kept_.clear();
  Write(run::kLast, {optim::CloneTensors(step.parameters()), epoch});
  if (step.ema() != nullptr) {
    Write(run::kLastEma,
          {optim::CloneTensors(step.ema()->ema_weights()), epoch});
  }
  state.seconds += since_save_.Seconds();
  since_save_.Restart();
  log_.RecordLogLengths(state);
  SaveState(folder_.state(), state, step.StateDict(), job_.kernel_record);
}

void RunWriter::Write(const std::string& which, const Weights& weights) const {
  auto metadata = job_.metadata;
  metadata.insert(job_.kernel_record.begin(), job_.kernel_record.end());
  metadata[run::kEpochKey] = std::to_string(weights.epoch);
  WriteTensors(folder_.weights(which), weights.tensors, metadata);
}

}  // namespace wsel::train
