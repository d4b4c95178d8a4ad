#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "throws.h"
#include "wsel/sweep/launch.h"

namespace wsel::sweep {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

SlurmJob Job() {
  return {.name = "table2",
          .log_folder = "/out/slurm",
          .options = {"--partition=gpu"},
          .command = {"/bin/wsel", "sweep", "my file.json"},
          .runs = {"a-s0-1", "it's-s1-2"},
          .jobs = 3};
}

TEST(Slurm, WritesOneTaskPerRun) {
  const std::string script = SlurmScript(Job());
  EXPECT_THAT(script, StartsWith("#!/bin/bash\n#SBATCH --job-name=table2\n"
                                 "#SBATCH --array=0-1%3\n"));
  EXPECT_THAT(script, HasSubstr("#SBATCH --partition=gpu\n"));
  EXPECT_THAT(script, HasSubstr("runs=(\n  a-s0-1\n  'it'\\''s-s1-2'\n)\n"));
  EXPECT_THAT(script, HasSubstr("/bin/wsel sweep 'my file.json' --only "
                                "\"${runs[$SLURM_ARRAY_TASK_ID]}\" &\n"));
}

TEST(Slurm, RejectsInvalidOptions) {
  SlurmJob job = Job();
  job.options = {"--x\nrm -rf"};
  ExpectError([&] { SlurmScript(job); }, ErrorKind::kUsage, {"slurm"});
  job.options = {"gpu"};
  ExpectError([&] { SlurmScript(job); }, ErrorKind::kUsage, {"'gpu'"});
}

}  // namespace
}  // namespace wsel::sweep
