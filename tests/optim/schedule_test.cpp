#include "wsel/optim/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "throws.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::optim {
namespace {

// Goldens by scripts/golden/optim.py with the official cosine_scheduler.
TEST(LrSchedule, MatchesTheOfficialSchedule) {
  const std::string path = WSEL_SOURCE_DIR "/tests/golden/optim/recipe.json";
  const auto golden = ParseJson(ReadText(path), path, ErrorKind::kFormat);
  ASSERT_EQ(golden["schedules"].size(), 7U);
  for (const auto& setting : golden["schedules"]) {
    const LrSchedule schedule({setting["lr"], setting["min_lr"],
                               setting["epochs"], setting["warmup_epochs"]},
                              setting["steps_per_epoch"]);
    for (size_t i = 0; i < setting["steps"].size(); ++i) {
      const int64_t step = setting["steps"][i];
      // Within 4 units in the last place: Python uses the C library's cosine.
      EXPECT_DOUBLE_EQ(schedule.At(step), setting["rates"][i].get<double>())
          << setting.dump() << " step " << step;
    }
  }
}

TEST(LrSchedule, RisesFrom0ToLrAndStaysThereForOneStep) {
  const LrSchedule schedule({0.3, 0.1, 4, 2}, 5);
  EXPECT_EQ(schedule.At(0), 0);
  EXPECT_EQ(schedule.At(9), 0.3);
  EXPECT_EQ(schedule.At(10), 0.3);
  for (int64_t step = 1; step < 10; ++step) {
    EXPECT_GT(schedule.At(step), schedule.At(step - 1));
  }
  for (int64_t step = 11; step < 20; ++step) {
    EXPECT_LT(schedule.At(step), schedule.At(step - 1));
  }
  EXPECT_GT(schedule.At(19), 0.1);
}

// 37 * (0.3 / 37) rounds to less than 0.3.
TEST(LrSchedule, WarmupEndsExactlyAtLr) {
  EXPECT_EQ(LrSchedule({0.3, 0.1, 4, 2}, 19).At(37), 0.3);
}

TEST(LrSchedule, AWarmupOfOneStepIsAtRate0) {
  const LrSchedule schedule({0.3, 0.1, 2, 1}, 1);
  EXPECT_EQ(schedule.At(0), 0);
  EXPECT_EQ(schedule.At(1), 0.3);
}

TEST(LrSchedule, StartsAtLrWithoutWarmup) {
  EXPECT_EQ(LrSchedule({0.3, 0.1, 4, 0}, 5).At(0), 0.3);
}

// What AdamW relies on, at the bounds of the options.
TEST(LrSchedule, IsNeverNegativeOrInfinite) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  for (const ScheduleOptions& options :
       {ScheduleOptions{0, 0, 3, 1}, ScheduleOptions{1e-300, 0, 3, 3},
        ScheduleOptions{kLargest, 0, 3, 0},
        ScheduleOptions{kLargest, kLargest, 3, 2}}) {
    const LrSchedule schedule(options, 7);
    for (int64_t step = 0; step < schedule.total_steps(); ++step) {
      EXPECT_TRUE(std::isfinite(schedule.At(step))) << options.lr << step;
      EXPECT_GE(schedule.At(step), 0) << options.lr << step;
    }
  }
}

TEST(LrSchedule, RejectsStepsOutOfRange) {
  const LrSchedule schedule({0.3, 0.1, 4, 2}, 5);
  ExpectError([&] { schedule.At(-1); }, ErrorKind::kConfig,
              {"step", "-1", "20"});
  ExpectError([&] { schedule.At(20); }, ErrorKind::kConfig, {"step", "20"});
}

TEST(LrSchedule, RejectsInvalidOptions) {
  const auto rejects = [](const ScheduleOptions& options,
                          int64_t steps_per_epoch, const std::string& field) {
    ExpectError([&] { LrSchedule(options, steps_per_epoch); },
                ErrorKind::kConfig, {field + ": "});
  };
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  rejects({-1e-3, 0, 4, 2}, 5, "lr");
  rejects({kNan, 0, 4, 2}, 5, "lr");
  rejects({kInfinity, 0, 4, 2}, 5, "lr");
  rejects({0.3, -0.1, 4, 2}, 5, "min_lr");
  rejects({0.3, 0.4, 4, 2}, 5, "min_lr");
  rejects({0.3, 0.1, 0, 0}, 5, "epochs");
  rejects({0.3, 0.1, 4, 5}, 5, "warmup_epochs");
  rejects({0.3, 0.1, 4, -1}, 5, "warmup_epochs");
  rejects({0.3, 0.1, 4, 2}, 0, "steps_per_epoch");
  rejects({0.3, 0.1, int64_t{1} << 40, 2}, int64_t{1} << 40, "epochs");
}

TEST(LrSchedule, CountsSteps) {
  EXPECT_EQ(LrSchedule({0.3, 0.1, 4, 4}, 5).total_steps(), 20);
}

}  // namespace
}  // namespace wsel::optim
