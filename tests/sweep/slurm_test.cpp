#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/sweep/launch.h"

namespace wsel::sweep {
namespace {

using testing::HasSubstr;
using testing::Not;
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

TEST(Slurm, ATaskRequeuesItself) {
  EXPECT_THAT(SlurmScript(Job()),
              HasSubstr("scontrol requeue \"${SLURM_ARRAY_JOB_ID}_"
                        "${SLURM_ARRAY_TASK_ID}\"\n"));
}

// sbatch splits lines as a shell does, and replaces variables in paths.
TEST(Slurm, QuotesNamesAndPaths) {
  SlurmJob job = Job();
  job.name = "a \"b\" #c";
  job.log_folder = "/my out/100%j/slurm";
  const std::string script = SlurmScript(job);
  EXPECT_THAT(script, HasSubstr("#SBATCH --job-name=\"a \\\"b\\\" #c\"\n"));
  EXPECT_THAT(
      script,
      HasSubstr("#SBATCH --output=\"/my out/100%%j/slurm/%A_%a.txt\"\n"));
  job.log_folder = "/a\\b";
  ExpectError([&] { SlurmScript(job); }, ErrorKind::kUsage,
              {"output", "backslash"});
}

TEST(Slurm, RefusesMoreTasksThanTheClusterTakes) {
  const TempFolder folder;
  const std::string path = std::getenv("PATH");
  const auto fake = folder / "scontrol";
  setenv("PATH", (folder.path().string() + ":" + path).c_str(), 1);
  WriteTextFile(fake, "#!/bin/sh\necho 'MaxArraySize            = 3'\n");
  std::filesystem::permissions(fake, std::filesystem::perms::owner_all);
  CheckArraySize(3, folder / "log");
  ExpectError([&] { CheckArraySize(4, folder / "log"); }, ErrorKind::kUsage,
              {"4 runs are left", "at most 3 tasks"});
  WriteTextFile(fake, "#!/bin/sh\nexit 1\n");  // then sbatch says why
  std::filesystem::permissions(fake, std::filesystem::perms::owner_all);
  CheckArraySize(4, folder / "log");
  setenv("PATH", path.c_str(), 1);
}

// Cores per task are the user's, GPUs too if an option asks for some.
TEST(Slurm, RanksNeedNodesTasksAndGpus) {
  SlurmJob job = Job();
  EXPECT_THAT(SlurmScript(job), Not(HasSubstr("--nodes")));
  job.ranks = 16;
  job.nodes = 2;
  job.options = {"--cpus-per-task=6"};
  EXPECT_THAT(SlurmScript(job),
              HasSubstr("#SBATCH --nodes=2\n#SBATCH --ntasks-per-node=8\n"
                        "#SBATCH --cpus-per-task=6\n"));
  job.gpus = true;
  EXPECT_THAT(SlurmScript(job), HasSubstr("#SBATCH --gpus-per-node=8\n"));
  job.options = {"--gres=gpu:h100:8"};
  EXPECT_THAT(SlurmScript(job), Not(HasSubstr("--gpus-per-node")));
  job.nodes = 1;
  EXPECT_THAT(SlurmScript(job),
              HasSubstr("#SBATCH --nodes=1\n#SBATCH --ntasks-per-node=16\n"));
  for (const char* option :
       {"--nodes=4", "--ntasks=3", "--ntasks-per-node=1"}) {
    job.options = {option};
    ExpectError([&] { SlurmScript(job); }, ErrorKind::kUsage,
                {"slurm", option, "16 ranks", "`ranks_per_run`"});
  }
  job.options = {};
  job.nodes = 3;
  ExpectError([&] { SlurmScript(job); }, ErrorKind::kUsage,
              {"ranks_per_run", "3 nodes"});
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
