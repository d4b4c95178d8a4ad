#include "wsel/run/wandb_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/json_object.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"

namespace wsel::run {
namespace {

constexpr double kBegun = 1700000000.25;
const TrackedRun kWandbRun = {.trackers = {Tracker::kWandb},
                              .id = "0123456789abcdef0123456789abcdef",
                              .begun = 1700000000250};
const std::string kWandbConfig =
    R"({"about": "é", "optimizer": {"lr": 0.004}})";

// Made by scripts/golden/tracking.py with wandb.
nlohmann::ordered_json WandbGolden() {
  const std::string path = WSEL_SOURCE_DIR "/tests/golden/train/tracking.json";
  return ParseJson(ReadText(path), path, ErrorKind::kFormat);
}

std::string HexOf(const std::filesystem::path& path) {
  std::string hex;
  for (const char c : ReadText(path)) {
    hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return hex;
}

void WriteFirst(WandbFile& file) {
  file.Write(10, kBegun + 1.5,
             std::vector<Metric>{{"loss", 4.625}, {"lr", 1e-3}});
}

void WriteSecond(WandbFile& file) {
  file.Write(20, kBegun + 2.5,
             std::vector<Metric>{
                 {"loss", std::numeric_limits<double>::quiet_NaN()},
                 {"train_skipped", int64_t{3}},
                 {"eval_loss", std::numeric_limits<double>::infinity()}});
}

TEST(WandbFile, HasTheBytesThatWandbWrites) {
  const TempFolder folder;
  WandbFile file(folder.path(), kWandbRun, "selected", kWandbConfig,
                 std::nullopt);
  WriteFirst(file);
  WriteSecond(file);
  file.End(RunEnd::kFinished, kBegun + 3.25);
  EXPECT_EQ(file.path(), folder /
                             "wandb/offline-run-20231114_221320-"
                             "0123456789abcdef/run-0123456789abcdef.wandb");
  EXPECT_EQ(HexOf(file.path()), WandbGolden()["wandb"].get<std::string>());
}

TEST(WandbFile, FramesRecordsAsWandbDoes) {
  const TempFolder folder;
  WandbFile file(folder.path(), kWandbRun, "selected", kWandbConfig,
                 std::nullopt);
  for (int64_t step = 1; step <= 3000; ++step) {
    const std::string text(static_cast<size_t>(step % 13), 'x');
    file.Write(step, kBegun + 0.5,
               std::vector<Metric>{{"loss", 4.625}, {"text", text}});
  }
  file.Write(3001, kBegun + 0.5,
             std::vector<Metric>{{"text", std::string(100000, 'y')}});
  file.End(RunEnd::kStopped, kBegun + 0.5);
  const auto golden = WandbGolden()["wandb_long"];
  EXPECT_EQ(std::filesystem::file_size(file.path()),
            golden["bytes"].get<uint64_t>());
  EXPECT_EQ(Sha256OfFile(file.path()), golden["sha256"].get<std::string>());
}

TEST(WandbFile, AResumedRunContinuesItsFile) {
  const TempFolder folder;
  uint64_t length = 0;
  {
    WandbFile file(folder.path(), kWandbRun, "selected", kWandbConfig,
                   std::nullopt);
    WriteFirst(file);
    length = file.Flush();
    file.Write(15, kBegun + 2, std::vector<Metric>{{"loss", 1.0}});
    file.End(RunEnd::kStopped, kBegun + 2);
  }
  WandbFile file(folder.path(), kWandbRun, "selected", kWandbConfig, length);
  WriteSecond(file);
  file.End(RunEnd::kFinished, kBegun + 3.25);
  EXPECT_EQ(HexOf(file.path()), WandbGolden()["wandb"].get<std::string>());
}

TEST(WandbFile, BeginsAgainWhereItsFolderWasDeleted) {
  const TempFolder folder;
  WandbFile file(folder.path(), kWandbRun, "selected", kWandbConfig, 4000);
  WriteFirst(file);
  EXPECT_TRUE(HexOf(file.path()).starts_with("3a572642e1be00"));
  // But a file that is shorter than it was is not the run's.
  ExpectError(
      [&] {
        WandbFile(folder.path(), kWandbRun, "selected", kWandbConfig, 4000);
      },
      ErrorKind::kFormat, {"run-0123456789abcdef.wandb", "4000"});
}

TEST(WandbFile, NeedsAFolder) {
  ExpectError(
      [&] { WandbFile("/proc/none", kWandbRun, "", "{}", std::nullopt); },
      ErrorKind::kIo, {"/proc/none/wandb", "cannot create the folder"});
}

}  // namespace
}  // namespace wsel::run
