#include "wsel/run/tracking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/text_file.h"

namespace wsel::run {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kNow = 1700000000;

fs::path StoreOf(const TempFolder& folder) {
  return folder / ("mlruns/0/" + OpenTrackedRun(folder.path(), {}, kNow).id);
}

bool HasEvents(const TempFolder& folder) {
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    if (entry.path().filename().string().starts_with("events.out")) return true;
  }
  return false;
}

TEST(Trackers, AreKeptAndAddedTo) {
  const TempFolder folder;
  const auto first = OpenTrackedRun(folder.path(), {Tracker::kMlflow}, kNow);
  EXPECT_THAT(first.trackers, ElementsAre(Tracker::kMlflow));
  EXPECT_EQ(first.begun, 1700000000000);
  const auto same = OpenTrackedRun(folder.path(), {}, kNow + 1);
  EXPECT_EQ(same.id, first.id);
  EXPECT_EQ(same.begun, first.begun);
  EXPECT_THAT(same.trackers, ElementsAre(Tracker::kMlflow));
  const auto more = OpenTrackedRun(
      folder.path(), {Tracker::kWandb, Tracker::kMlflow}, kNow + 2);
  EXPECT_THAT(more.trackers, ElementsAre(Tracker::kMlflow, Tracker::kWandb));
}

TEST(Trackers, AreTensorBoardUnlessGiven) {
  const TempFolder one;
  const TempFolder other;
  const auto run = OpenTrackedRun(one.path(), {}, kNow);
  EXPECT_THAT(run.trackers, ElementsAre(Tracker::kTensorBoard));
  EXPECT_NE(run.id, OpenTrackedRun(other.path(), {}, kNow).id);
}

// A run of a version that had no tracking.json has events.
TEST(Trackers, ARunThatResumesWithoutAFileKeepsTensorBoard) {
  const TempFolder folder;
  const auto run = OpenTrackedRun(folder.path(), {Tracker::kMlflow}, kNow,
                                  /*resumes=*/true);
  EXPECT_THAT(run.trackers,
              ElementsAre(Tracker::kTensorBoard, Tracker::kMlflow));
}

TEST(Trackers, AnIdThatIsAPathIsAnError) {
  const TempFolder folder;
  for (const std::string_view text :
       {R"({"trackers": [], "id": "../../0123456789abcdef0123456789a",
            "begun": 0})",
        R"({"trackers": [], "id": "0123456789abcdef0123456789abcdef",
            "begun": -1})",
        R"({"trackers": ["mlfow"], "id": "0123456789abcdef0123456789abcdef",
            "begun": 0})",
        "{}", ""}) {
    WriteTextFile(folder / "tracking.json", text);
    ExpectError([&] { OpenTrackedRun(folder.path(), {}, kNow); },
                ErrorKind::kFormat, {"tracking.json"});
  }
}

TEST(Tracking, LinesOfOneStepAreOneRow) {
  const TempFolder folder;
  {
    Tracking tracking(folder.path(), {Tracker::kMlflow}, "{}", kNow,
                      std::nullopt);
    tracking.Write(10, kNow + 1,
                   std::vector<Metric>{
                       {"kind", "step"}, {"step", int64_t{10}}, {"lr", 0.5}},
                   {});
    tracking.Write(10, kNow + 2,
                   std::vector<Metric>{{"kind", "epoch"},
                                       {"step", int64_t{10}},
                                       {"lr", 0.5},
                                       {"train_loss", 2.0}},
                   {});
    tracking.Write(20, kNow + 3, std::vector<Metric>{{"lr", 0.25}}, {});
    tracking.End(RunEnd::kFinished, kNow + 4);
  }
  const fs::path metrics = StoreOf(folder) / "metrics";
  EXPECT_EQ(ReadText(metrics / "lr"),
            "1700000002000 0.5 10\n1700000003000 0.25 20\n");
  EXPECT_EQ(ReadText(metrics / "train_loss"), "1700000002000 2 10\n");
  EXPECT_FALSE(fs::exists(metrics / "step"));
  EXPECT_FALSE(HasEvents(folder));
}

// Its evaluation failed, and the resumed run repeats it.
TEST(Tracking, ARowThatIsHeldIsWrittenOnce) {
  const TempFolder folder;
  const std::vector<Metric> row = {{"loss", 1.0}, {"lr", 0.5}};
  Tracking::Resume resume{.step = 10, .wandb_bytes = 0, .row = row};
  {
    Tracking tracking(folder.path(), {Tracker::kMlflow, Tracker::kWandb}, "{}",
                      kNow, std::nullopt);
    tracking.Write(10, kNow + 1, row, {});
    resume.wandb_bytes = tracking.Flush(/*holds_row=*/true);
  }
  const fs::path metrics = StoreOf(folder) / "metrics";
  EXPECT_EQ(ReadText(metrics / "loss"), "1700000001000 1 10\n");
  {
    Tracking tracking(folder.path(), {}, "{}", kNow + 2, resume);
    tracking.Write(10, kNow + 3,
                   std::vector<Metric>{{"lr", 0.5}, {"eval_top1", 50.0}}, {});
    tracking.End(RunEnd::kFinished, kNow + 4);
  }
  EXPECT_EQ(ReadText(metrics / "loss"), "1700000003000 1 10\n");
  EXPECT_EQ(ReadText(metrics / "lr"), "1700000003000 0.5 10\n");
  EXPECT_EQ(ReadText(metrics / "eval_top1"), "1700000003000 50 10\n");
  std::string wandb;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "wandb")) {
    if (entry.path().extension() == ".wandb") wandb = ReadText(entry.path());
  }
  // As the last value and in the history.
  size_t count = 0;
  for (size_t at = wandb.find("loss"); at != std::string::npos;
       at = wandb.find("loss", at + 1)) {
    ++count;
  }
  EXPECT_EQ(count, 2U);
}

TEST(Tracking, ResumesAllTrackers) {
  const TempFolder folder;
  const std::vector<Tracker> all = {Tracker::kTensorBoard, Tracker::kMlflow,
                                    Tracker::kWandb};
  const std::vector<Metric> row = {{"loss", 1.0}};
  Tracking::Resume resume{.step = 10, .wandb_bytes = 0};
  {
    Tracking tracking(folder.path(), all, "{}", kNow, std::nullopt);
    tracking.Write(10, kNow + 1, row, {});
    resume.wandb_bytes = tracking.Flush();
    EXPECT_GT(resume.wandb_bytes, 0U);
    tracking.Write(20, kNow + 2, row, {});
  }
  // Not ended: an error.
  EXPECT_THAT(ReadText(StoreOf(folder) / "meta.yaml"),
              HasSubstr("status: 4\n"));
  Tracking tracking(folder.path(), {}, "{}", kNow + 3, resume);
  tracking.Write(30, kNow + 4, row, {});
  EXPECT_GT(tracking.Flush(), resume.wandb_bytes);
  tracking.End(RunEnd::kFinished, kNow + 5);
  EXPECT_EQ(ReadText(StoreOf(folder) / "metrics/loss"),
            "1700000001000 1 10\n1700000004000 1 30\n");
  EXPECT_TRUE(HasEvents(folder));
}

}  // namespace
}  // namespace wsel::run
