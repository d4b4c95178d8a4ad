#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/run_wsel.h"
#include "cli/small_sweep.h"
#include "wsel/core/atomic_file.h"
#include "wsel/distributed/process_group.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int kCannotRun = 77;

// Runs one of the scripts beside this file for the sweep s.json in `folder`.
struct Script {
  Script(const std::string& name, const TempFolder& folder) {
    const std::string line =
        fmt::format("bash '{}/tests/cli/{}' '{}' '{}' '{}' >'{}' 2>&1",
                    WSEL_SOURCE_DIR, name, WSEL_BINARY, kSmallSweepData,
                    folder.path().string(), (folder / "output").string());
    const int status = std::system(line.c_str());
    code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    output = ReadAll(folder / "output");
  }
  int code = -1;
  std::string output;
};

TEST(Slurm, ARequeuedTaskResumesWithABitIdenticalResult) {
  const TempFolder folder;
  MakeSmallTeacher(folder);
  WriteTextFile(folder / "s.json", kSmallSweep);
  const Script script("slurm.sh", folder);
  if (script.code == kCannotRun) {
    GTEST_SKIP() << "Slurm is not available: " << script.output;
  }
  ASSERT_EQ(script.code, 0) << script.output;

  const Outcome status_run = RunWsel(folder, {"sweep", "--status", "out"});
  EXPECT_THAT(status_run.out, HasSubstr("4 runs: 4 finished")) << script.output;
  const auto by_slurm = LastWeights(folder / "out");
  fs::rename(folder / "out", folder / "by-slurm");
  ASSERT_EQ(RunWsel(folder, RunSmallSweep()).exit_code, 0);
  EXPECT_EQ(by_slurm, LastWeights(folder / "out"));
}

// A short run to compare, and one that lasts until it is stopped. AdamW's
// epsilon keeps gradients that are 0 apart from rounding from becoming steps.
constexpr const char* kRanksSweep = R"({
  "recipe": {
    "model": {"name": "vit_tiny", "img_size": 16, "patch_size": 8,
              "embed_dim": 16, "depth": 2, "num_heads": 2},
    "data": {"name": "folder"},
    "optimizer": {"lr": 1e-3, "eps": 1e-4},
    "train": {"warmup_epochs": 2, "batch_size": 4, "mixup_batch": 2,
              "drop_path": 0.1, "save_minutes": 0}
  },
  "axes": {
    "length": {"short": {"train.epochs": 10}, "long": {"train.epochs": 400}}
  }
})";

std::vector<nlohmann::json> Metrics(const fs::path& sweep) {
  std::istringstream lines(ReadAll(sweep / "by-name/short-s0/metrics.jsonl"));
  std::vector<nlohmann::json> rows;
  for (std::string line; std::getline(lines, line);) {
    rows.push_back(nlohmann::json::parse(line));
  }
  return rows;
}

// Equal but for rounding, apart from what is measured by a clock.
void ExpectCloseWeights(const std::vector<nlohmann::json>& expected,
                        const std::vector<nlohmann::json>& found) {
  ASSERT_EQ(expected.size(), found.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    for (const auto& [key, value] : expected[i].items()) {
      ASSERT_TRUE(found[i].contains(key)) << key;
      if (key.ends_with("seconds") || key == "images_per_second") continue;
      if (!value.is_number()) {
        EXPECT_EQ(value, found[i][key]) << key;
        continue;
      }
      const auto number = value.get<double>();
      EXPECT_NEAR(found[i][key].get<double>(), number, 1e-5 * std::abs(number))
          << key << " of row " << i;
    }
  }
}

TEST(Slurm, TwoRanksOnOneNodeOrTwoTrainAsOne) {
  if (!distributed::HasGloo()) GTEST_SKIP() << "this build has no Gloo";
  const TempFolder folder;
  WriteTextFile(folder / "s.json", kRanksSweep);
  const Script script("slurm_ranks.sh", folder);
  if (script.code == kCannotRun) {
    GTEST_SKIP() << "Slurm is not available: " << script.output;
  }
  ASSERT_EQ(script.code, 0) << script.output;

  const Outcome one =
      RunWsel(folder, {"sweep", "s.json", "--output", "one-rank", "--data-root",
                       kSmallSweepData, "--device", "cpu", "--threads", "1",
                       "--only", "short-s0"});
  ASSERT_EQ(one.exit_code, 0) << one.err;
  const auto expected = Metrics(folder / "one-rank");
  EXPECT_EQ(expected.size(), 11U) << "an epoch is a step";
  for (const char* ranks : {"one-node", "two-nodes"}) {
    SCOPED_TRACE(ranks + script.output);
    const auto found = Metrics(folder / ranks);
    ExpectCloseWeights(expected, found);
    ASSERT_FALSE(found.empty());
    EXPECT_TRUE(found.back().contains("comm_wait")) << "one rank trained alone";
  }

  // Saved by a signal, requeued and resumed.
  EXPECT_THAT(script.output, HasSubstr("Restarts=1"));
  const Outcome status = RunWsel(folder, {"sweep", "--status", "two-nodes"});
  EXPECT_THAT(status.out, HasSubstr("2 runs: 2 finished")) << script.output;
}

}  // namespace
}  // namespace wsel
