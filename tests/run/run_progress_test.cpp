#include "wsel/run/run_progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_folder.h"
#include "wsel/core/atomic_file.h"

namespace wsel::run {
namespace {

TEST(RunProgress, ReadsARunInProgress) {
  const TempFolder run;
  EXPECT_EQ(ReadProgress(run.path()).epochs, 0);
  WriteTextFile(run / "config.json", R"({"train": {"epochs": 20}})");
  WriteTextFile(run / "metrics.jsonl",
                R"({"kind":"step","step":10,"loss":1.0,"lr":0.1}
{"kind":"epoch","epoch":6,"eval_top1":71.2,"seconds":9,"images_per_second":800}
{"kind":"epoch","epoch":7,"seconds":10.5,"images_per_second":850.4}
{"kind":"epoch","epoch":8,"eval_)");
  const RunProgress progress = ReadProgress(run.path());
  EXPECT_EQ(progress.epoch, 7);
  EXPECT_EQ(progress.top1, 71.2);
  RunRecord record;
  record.state = RunState::kRunning;
  EXPECT_EQ(StatusLine("a-s0", record, progress),
            "running   a-s0  epoch 7/20  top-1 71.20  850 img/s  2:17 left");
  record.state = RunState::kFailed;
  record.error = "disk full";
  EXPECT_EQ(StatusLine("a-s0", record, progress), "failed    a-s0  disk full");
}

TEST(RunProgress, TheTimeLeftCountsEvaluationsAndSaves) {
  const TempFolder run;
  WriteTextFile(run / "config.json",
                R"({"train": {"epochs": 20, "val_interval": 3}})");
  WriteTextFile(
      run / "metrics.jsonl",
      R"({"kind":"epoch","epoch":6,"seconds":9,"eval_seconds":5,"save_seconds":1}
{"kind":"epoch","epoch":7,"seconds":10,"save_seconds":0.5}
)");
  // 13 epochs; 9, 12, 15, 18 and the last are evaluated.
  EXPECT_EQ(ReadProgress(run.path()).seconds_left, 13 * 10.5 + 5 * 5);
}

TEST(RunProgress, CountsTheEvaluationsThatAreLeft) {
  for (const int64_t interval : {1, 2, 3, 7, 30}) {
    for (int64_t epoch = 0; epoch <= 20; ++epoch) {
      int64_t left = 0;
      for (int64_t later = epoch + 1; later <= 20; ++later) {
        left += IsEvaluated(later, 20, interval) ? 1 : 0;
      }
      EXPECT_EQ(EvaluationsAfter(epoch, 20, interval), left)
          << epoch << " of 20, every " << interval;
    }
  }
}

}  // namespace
}  // namespace wsel::run
