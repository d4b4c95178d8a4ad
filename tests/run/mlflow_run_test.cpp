#include "wsel/run/mlflow_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "temp_folder.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::run {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const TrackedRun kRun = {.trackers = {Tracker::kMlflow},
                         .id = "0123456789abcdef0123456789abcdef",
                         .begun = 1700000000250};
const std::string kConfig = R"({"about": "a é",
    "optimizer": {"lr": 0.004, "name": ""}, "data": {"mean": [0.5, 0.25]}})";

// The files below mlruns/, which scripts/golden/tracking.py has MLflow read.
nlohmann::ordered_json Golden() {
  const std::string path = WSEL_SOURCE_DIR "/tests/golden/train/tracking.json";
  return ParseJson(ReadText(path), path, ErrorKind::kFormat)["mlruns"];
}

std::string Replaced(std::string text, const std::string& from,
                     const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

void ExpectGolden(const TempFolder& folder) {
  const auto golden = Golden();
  size_t files = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(folder / "mlruns")) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, golden.size());
  const std::string path = folder.path().lexically_normal().string();
  for (const auto& [name, text] : golden.items()) {
    const std::string expected = Replaced(
        Replaced(text.get<std::string>(), "{folder}", path), "{id}", kRun.id);
    EXPECT_EQ(ReadText(folder / ("mlruns/" + name)), expected) << name;
  }
}

void WriteFirst(MlflowRun& run) {
  run.Write(10, 1700000001.5, std::vector<Metric>{{"loss", 4.625}});
}

void WriteSecond(MlflowRun& run) {
  run.Write(20, 1700000002.5,
            std::vector<Metric>{
                {"kind", "epoch"},  // texts are no metrics
                {"loss", std::numeric_limits<double>::quiet_NaN()},
                {"eval_loss", std::numeric_limits<double>::infinity()},
                {"train_skipped", int64_t{3}}});
}

class Mlflow : public testing::Test {
 protected:
  Mlflow() { setenv("USER", "me", 1); }
  MlflowRun Open(std::optional<int64_t> resume_step) const {
    return {folder_.path(), kRun, "selected", kConfig, resume_step};
  }
  const TempFolder folder_;
};

TEST_F(Mlflow, HasTheFilesThatMlflowReads) {
  MlflowRun run = Open(std::nullopt);
  const fs::path meta = run.path() / "meta.yaml";
  EXPECT_TRUE(fs::is_directory(run.path() / "artifacts"));
  EXPECT_THAT(ReadText(meta), HasSubstr("end_time: null\n"));
  EXPECT_THAT(ReadText(meta), HasSubstr("status: 1\n"));
  WriteFirst(run);
  WriteSecond(run);
  run.End(RunEnd::kStopped, 1700000003.5);
  EXPECT_THAT(ReadText(meta), HasSubstr("status: 5\n"));
  run.End(RunEnd::kFailed, 1700000003.5);
  EXPECT_THAT(ReadText(meta), HasSubstr("status: 4\n"));
  run.End(RunEnd::kFinished, 1700000003.5);
  ExpectGolden(folder_);
}

TEST_F(Mlflow, AResumedRunDropsWhatCameAfterItsState) {
  {
    MlflowRun run = Open(std::nullopt);
    WriteFirst(run);
    run.Write(15, 1700000002, std::vector<Metric>{{"loss", 1.0}});
    WriteSecond(run);
  }
  // As left by a process that was killed.
  const fs::path metrics = folder_ / ("mlruns/0/" + kRun.id + "/metrics");
  WriteTextFile(metrics / "loss", ReadText(metrics / "loss") + "17000");
  WriteTextFile(metrics / "loss.tmp.17", "1700000002000 1");
  {
    MlflowRun run = Open(10);
    EXPECT_FALSE(fs::exists(metrics / "eval_loss"));
    WriteSecond(run);
    run.End(RunEnd::kFinished, 1700000003.5);
  }
  ExpectGolden(folder_);
}

TEST_F(Mlflow, ARunThatBeginsAgainHasNoMetrics) {
  {
    MlflowRun run = Open(std::nullopt);
    run.Write(15, 1700000002, std::vector<Metric>{{"loss", 1.0}});
  }
  MlflowRun run = Open(std::nullopt);
  WriteFirst(run);
  WriteSecond(run);
  run.End(RunEnd::kFinished, 1700000003.5);
  ExpectGolden(folder_);
}

TEST_F(Mlflow, ParametersAreOneLine) {
  const MlflowRun run(folder_.path(), kRun, "a \"b\"",
                      R"({"teacher": {"model": "{\n}"}})", std::nullopt);
  EXPECT_EQ(ReadText(run.path() / "params/teacher.model"), "{ }");
  EXPECT_THAT(ReadText(run.path() / "meta.yaml"),
              HasSubstr(R"(run_name: "a \"b\"")"));
}

}  // namespace
}  // namespace wsel::run
