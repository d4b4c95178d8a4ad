#pragma once

#include "wsel/run/event_file.h"
#include "wsel/run/metric_log.h"
#include "wsel/run/run_folder.h"
#include "wsel/run/summary_csv.h"
#include "wsel/train/fit.h"

namespace wsel::train {

// Writes a run's metrics.jsonl, summary.csv and TensorBoard events. A resumed
// run's logs continue where its state was saved.
class RunLog {
 public:
  // Errors: as AppendFile.
  RunLog(const RunFolder& folder, const TrainerState& state);

  // Both log a report. Errors: kIo.
  void Step(const StepReport& report);
  void Epoch(const EpochReport& report);
  // Flushes the logs and stores their lengths in `state`. Errors: kIo.
  void RecordLogLengths(TrainerState& state);

 private:
  run::MetricLog metrics_;
  run::SummaryCsv summary_;
  run::EventFile events_;
};

}  // namespace wsel::train
