#include "wsel/optim/schedule.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "throws.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::optim {
namespace {

// Goldens by scripts/golden/optim.py with the official cosine_scheduler.
TEST(LearningRate, MatchesTheOfficialSchedule) {
  const std::string path = WSEL_SOURCE_DIR "/tests/golden/optim/recipe.json";
  const auto golden = ParseJson(ReadText(path), path, ErrorKind::kFormat);
  ASSERT_EQ(golden["schedules"].size(), 7U);
  for (const auto& setting : golden["schedules"]) {
    const ScheduleOptions options{setting["lr"], setting["min_lr"],
                                  setting["epochs"], setting["warmup_epochs"],
                                  setting["steps_per_epoch"]};
    for (size_t i = 0; i < setting["steps"].size(); ++i) {
      const int64_t step = setting["steps"][i];
      // Within 4 units in the last place: Python uses the C library's cosine.
      EXPECT_DOUBLE_EQ(LearningRate(options, step),
                       setting["rates"][i].get<double>())
          << setting.dump() << " step " << step;
    }
  }
}

TEST(LearningRate, RisesFrom0ToLrAndStaysThereForOneStep) {
  const ScheduleOptions options{0.3, 0.1, 4, 2, 5};
  EXPECT_EQ(LearningRate(options, 0), 0);
  EXPECT_EQ(LearningRate(options, 9), 0.3);
  EXPECT_EQ(LearningRate(options, 10), 0.3);
  for (int64_t step = 1; step < 10; ++step) {
    EXPECT_GT(LearningRate(options, step), LearningRate(options, step - 1));
  }
  for (int64_t step = 11; step < 20; ++step) {
    EXPECT_LT(LearningRate(options, step), LearningRate(options, step - 1));
  }
  EXPECT_GT(LearningRate(options, 19), 0.1);
}

// 37 * (0.3 / 37) rounds to less than 0.3.
TEST(LearningRate, WarmupEndsExactlyAtLr) {
  EXPECT_EQ(LearningRate({0.3, 0.1, 4, 2, 19}, 37), 0.3);
}

TEST(LearningRate, AWarmupOfOneStepIsAtRate0) {
  EXPECT_EQ(LearningRate({0.3, 0.1, 2, 1, 1}, 0), 0);
  EXPECT_EQ(LearningRate({0.3, 0.1, 2, 1, 1}, 1), 0.3);
}

TEST(LearningRate, StartsAtLrWithoutWarmup) {
  EXPECT_EQ(LearningRate({0.3, 0.1, 4, 0, 5}, 0), 0.3);
}

TEST(LearningRate, RejectsStepsOutOfRange) {
  const ScheduleOptions options{0.3, 0.1, 4, 2, 5};
  ExpectError([&] { LearningRate(options, -1); }, ErrorKind::kConfig,
              {"step", "-1", "20"});
  ExpectError([&] { LearningRate(options, 20); }, ErrorKind::kConfig,
              {"step", "20"});
}

TEST(Schedule, RejectsInvalidOptions) {
  const auto rejects = [](const ScheduleOptions& options,
                          const std::string& option) {
    ExpectError([&] { Validate(options); }, ErrorKind::kConfig, {option});
  };
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  rejects({-1e-3, 0, 4, 2, 5}, "optimizer.lr");
  rejects({kNan, 0, 4, 2, 5}, "optimizer.lr");
  rejects({kInfinity, 0, 4, 2, 5}, "optimizer.lr");
  rejects({0.3, -0.1, 4, 2, 5}, "optimizer.min_lr");
  rejects({0.3, 0.4, 4, 2, 5}, "optimizer.min_lr");
  rejects({0.3, 0.1, 0, 0, 5}, "train.epochs");
  rejects({0.3, 0.1, 4, 5, 5}, "train.warmup_epochs");
  rejects({0.3, 0.1, 4, -1, 5}, "train.warmup_epochs");
  rejects({0.3, 0.1, 4, 2, 0}, "steps per epoch");
  rejects({0.3, 0.1, int64_t{1} << 40, 2, int64_t{1} << 40}, "train.epochs");
}

TEST(Schedule, TotalSteps) { EXPECT_EQ(TotalSteps({0.3, 0.1, 4, 4, 5}), 20); }

}  // namespace
}  // namespace wsel::optim
