#pragma once

#include "event_file.h"
#include "metric_log.h"
#include "summary_csv.h"
#include "wsel/train/fit.h"
#include "wsel/train/run_folder.h"

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
  MetricLog metrics_;
  SummaryCsv summary_;
  EventFile events_;
};

}  // namespace wsel::train
