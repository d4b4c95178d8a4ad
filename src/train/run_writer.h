#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stopwatch.h"
#include "wsel/run/metric_log.h"
#include "wsel/run/run_folder.h"
#include "wsel/run/tracking.h"
#include "wsel/train/fit.h"
#include "wsel/train/train_step.h"

namespace wsel::train {

// Writes all files of a run while it trains: metrics.jsonl, summary.csv and
// those of its trackers, weights, confusion matrix, test results and run state.
// The one place of training that writes. Errors of all functions: kIo.
class RunWriter {
 public:
  // A run that resumes continues its logs where `state` was saved;
  // `lacks_evaluation`: as LacksEvaluation of the state. `job` and `folder`
  // must outlive this.
  RunWriter(const TrainJob& job, const RunFolder& folder,
            const TrainerState& state, bool lacks_evaluation = false);

  // One step in so many is logged.
  void Log(const StepReport& report);
  void Log(const EpochReport& report);

  // Copies weights, which the next Save writes as `which` of
  // RunFolder::weights: "best", "average", "epoch-0010". They replace those
  // that are not written yet.
  void Keep(const std::string& which, const optim::NamedTensors& weights,
            int64_t epoch);

  // Keeps the confusion matrix of the best weights, which the next Save writes.
  void KeepConfusion(const Evaluation& best,
                     const std::vector<std::string>& classes);

  // Writes test.json and the confusion matrix of the best weights on the test
  // split, at the end of training. `ema`: of the best EMA weights; `average`:
  // of the average of the last epochs' weights.
  void WriteTest(const Evaluation& best, const std::optional<Evaluation>& ema,
                 const std::optional<Evaluation>& average, int64_t best_epoch);

  // Whether the run state is older than options.save_minutes.
  bool SaveIsDue() const;

  // Writes the weights of Keep, the last weights and EMA weights and then the
  // run state, so that a saved state always has its weights. Updates the time
  // and the lengths of the logs in `state`. `lacks_evaluation`: as in the
  // constructor.
  void Save(const TrainStep& step, int64_t epoch, TrainerState& state,
            bool lacks_evaluation = false);

  // To be called when all is saved: the trackers show that the run has ended,
  // by a signal unless that is 0. Without the call it has failed.
  void End(int signal);

 private:
  struct Weights {
    optim::NamedTensors tensors;
    int64_t epoch = 0;
  };
  void Write(const std::string& which, const Weights& weights) const;

  const TrainJob& job_;
  const RunFolder& folder_;
  run::MetricLog metrics_;
  run::SummaryCsv summary_;
  run::Tracking tracking_;
  std::map<std::string, Weights> kept_;
  std::string kept_confusion_;  // CSV; "": none
  Stopwatch since_save_;
};

}  // namespace wsel::train
