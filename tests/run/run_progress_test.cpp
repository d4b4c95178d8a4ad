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

}  // namespace
}  // namespace wsel::run
