#pragma once

#include "wsel/train/event_file.h"
#include "wsel/train/fit.h"
#include "wsel/train/metric_log.h"
#include "wsel/train/run_folder.h"
#include "wsel/train/summary_csv.h"

namespace wsel::train {

// What a run writes down as it goes: metrics.jsonl, summary.csv and TensorBoard
// events. A resumed run's logs go on where its state was saved.
class RunLog {
 public:
  RunLog(const RunFolder& folder, const Progress& progress);

  void Step(const StepReport& report);
  void Epoch(const EpochReport& report);
  // Notes the logs' present lengths.
  void Stamp(Progress& progress);

 private:
  MetricLog metrics_;
  SummaryCsv summary_;
  EventFile events_;
};

}  // namespace wsel::train
