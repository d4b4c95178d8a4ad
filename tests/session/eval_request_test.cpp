#include "wsel/session/eval_request.h"

#include <gtest/gtest.h>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"

namespace wsel::session {
namespace {

// Under any of its names.
TEST(CheckEvalJob, NoOutputReplacesTheCheckpointOrAnotherOutput) {
  const TempFolder folder;
  const std::string file = (folder / "best.safetensors").string();
  WriteTextFile(file, "weights");
  EvalJob job;
  job.request.checkpoint.file = file;
  job.files.per_class = (folder / "." / "best.safetensors").string();
  ExpectError([&] { CheckEvalJob(job); }, ErrorKind::kUsage,
              {job.files.per_class, "is also the checkpoint"});
  job.files.per_class = job.files.confusion = (folder / "c.csv").string();
  ExpectError([&] { CheckEvalJob(job); }, ErrorKind::kUsage,
              {"c.csv", "is also `confusion`"});
  job.files.per_class = (folder / "p.csv").string();
  EXPECT_NO_THROW(CheckEvalJob(job));
}

}  // namespace
}  // namespace wsel::session
