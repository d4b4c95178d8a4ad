// Files that version 0.1 left on disk (scripts/golden/version_0_1.sh) are read,
// resumed, replayed and continued by this version.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/run_wsel.h"
#include "cli/small_sweep.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/sha256.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

class Version01 : public testing::Test {
 protected:
  Version01() {
    fs::copy(fs::path(WSEL_SOURCE_DIR) / "tests/golden/version_0_1",
             folder_.path(), fs::copy_options::recursive);
  }

  // With success, which returns the standard output.
  std::string Run(std::vector<std::string> args) {
    const Outcome outcome = RunWsel(folder_, args);
    EXPECT_EQ(outcome.exit_code, 0) << args[0] << ": " << outcome.err;
    return outcome.out;
  }

  std::string RunSweep() {
    return Run({"sweep", "sweep.json", "--output", "sweep", "--device", "cpu",
                "--threads", "1", "--data-root", kSmallSweepData});
  }

  // SHA-256 of every tensor.
  std::map<std::string, std::string> Tensors(const std::string& file) const {
    std::map<std::string, std::string> hashes;
    const auto opened = checkpoint::Open(folder_ / file);
    for (const TensorSpec& spec : opened->Specs()) {
      hashes[spec.name] = Sha256Hex(opened->View(spec.name).bytes);
    }
    return hashes;
  }

  // Contents of every run's metrics, by path.
  std::map<std::string, std::string> Metrics() const {
    std::map<std::string, std::string> metrics;
    for (const auto& run : fs::directory_iterator(folder_ / "sweep/runs")) {
      metrics[run.path().filename()] = ReadAll(run.path() / "metrics.jsonl");
    }
    return metrics;
  }

  TempFolder folder_;
};

TEST_F(Version01, ItsRunIsResumed) {
  const std::string before = ReadAll(folder_ / "run/metrics.jsonl");
  ASSERT_THAT(before, HasSubstr("\"epoch\":1"));
  Run({"train", "--config", "recipe.json", "--resume", "--output", "run",
       "--data-root", kSmallSweepData, "--device", "cpu", "--threads", "1",
       "--workers", "1"});
  const std::string after = ReadAll(folder_ / "run/metrics.jsonl");
  EXPECT_THAT(after, StartsWith(before)) << "epochs were repeated";
  EXPECT_THAT(after, HasSubstr("\"epoch\":6"));
  for (const char* weights : {"last", "best", "last-ema", "best-ema"}) {
    const auto file = fs::path("run") / weights;
    EXPECT_TRUE(fs::exists(folder_ / (file.string() + ".safetensors")))
        << weights;
  }
  EXPECT_THAT(Run({"report", "run"}), HasSubstr("1 of 1 runs is finished"));
}

TEST_F(Version01, ItsStoppedRunIsReported) {
  EXPECT_THAT(Run({"report", "run"}), HasSubstr("1 unfinished"));
}

TEST_F(Version01, ItsPlansAreReplayed) {
  Run({"init", "--teacher", "teacher.safetensors", "--plan", "plan.json",
       "--output", "again.safetensors"});
  EXPECT_EQ(Tensors("again.safetensors"), Tensors("student.safetensors"));
  const auto metadata = [&](const char* file) {
    return checkpoint::Open(folder_ / file)->metadata();
  };
  // The plan's own digest differs: version 2 of the format has other keys.
  EXPECT_EQ(metadata("again.safetensors").at("wsel.teacher.sha256"),
            metadata("student.safetensors").at("wsel.teacher.sha256"));
  Run({"init", "--teacher", "teacher.safetensors", "--plan",
       "plan_magnitude.json", "--output", "magnitude.safetensors"});
  EXPECT_EQ(Tensors("magnitude.safetensors").size(),
            Tensors("student.safetensors").size());
}

TEST_F(Version01, ItsStudentIsInspectedAndEvaluated) {
  EXPECT_THAT(Run({"inspect", "student.safetensors"}),
              HasSubstr("wsel.plan.sha256"));
  EXPECT_THAT(
      Run({"eval", "--checkpoint", "student.safetensors", "--dataset", "folder",
           "--data-root", kSmallSweepData, "--device", "cpu"}),
      HasSubstr("top-1"));
  EXPECT_THAT(
      Run({"eval", "--checkpoint", "run/last.safetensors", "--dataset",
           "folder", "--data-root", kSmallSweepData, "--device", "cpu"}),
      HasSubstr("top-1"));
}

TEST_F(Version01, ItsSweepIsReported) {
  const auto report =
      nlohmann::json::parse(Run({"report", "sweep", "--format", "json"}));
  EXPECT_EQ(report["name"], "sweep");
  EXPECT_EQ(report["status"], "2 of 2 runs are finished.");
  // One of the two runs counts for both random initialisations.
  EXPECT_EQ(report["cells"].size(), 3U);
  EXPECT_THAT(Run({"sweep", "--status", "sweep"}),
              HasSubstr("2 runs: 2 finished"));
}

TEST_F(Version01, ItsSweepIsContinued) {
  const auto before = Metrics();
  EXPECT_THAT(RunSweep(), StartsWith("2 finished, 0 failed, 0 waiting"));
  EXPECT_EQ(Metrics(), before) << "runs were repeated";
}

// A run that is missing is trained from the old sweep's initial checkpoint.
TEST_F(Version01, ARunIsAddedToItsSweep) {
  const auto before = Metrics();
  const auto students = folder_ / "sweep/students";
  const auto count = [&] {
    return std::distance(fs::directory_iterator(students), {});
  };
  const auto checkpoints = count();
  fs::remove_all(folder_ / "sweep/runs/uniform-s0-c8d885c9");
  EXPECT_THAT(RunSweep(), StartsWith("2 finished, 0 failed, 0 waiting"));
  EXPECT_TRUE(Metrics().contains("uniform-s0-c8d885c9"));
  EXPECT_EQ(Metrics().at("random-s0-ebaedb4d"),
            before.at("random-s0-ebaedb4d"));
  EXPECT_EQ(count(), checkpoints) << "the initial checkpoint was made again";
}

}  // namespace
}  // namespace wsel
