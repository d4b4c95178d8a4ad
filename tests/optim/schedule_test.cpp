#include "wsel/optim/schedule.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

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

// Goldens by scripts/golden/schedules.py with timm's and torch's schedulers.
TEST(LrSchedule, MatchesTimmAndTorch) {
  const std::string path = WSEL_SOURCE_DIR "/tests/golden/optim/schedules.json";
  const auto golden = ParseJson(ReadText(path), path, ErrorKind::kFormat);
  ASSERT_EQ(golden["cases"].size(), 14U);
  for (const auto& setting : golden["cases"]) {
    const auto set = [&](const char* key, auto& field) {
      if (setting.contains(key)) setting[key].get_to(field);
    };
    ScheduleOptions options;
    options.lr = golden["lr"].get<double>();
    options.name =
        Schedules().Find(setting["name"].get<std::string>(), "schedule");
    set("min_lr", options.min_lr);
    set("epochs", options.epochs);
    set("warmup_epochs", options.warmup_epochs);
    set("warmup_lr", options.warmup_lr);
    set("decay_epochs", options.decay_epochs);
    set("decay_rate", options.decay_rate);
    set("cycle_epochs", options.cycle_epochs);
    set("cycle_mul", options.cycle_mul);
    set("cycle_decay", options.cycle_decay);
    set("cycle_limit", options.cycle_limit);
    set("div_factor", options.div_factor);
    set("final_div_factor", options.final_div_factor);
    set("rewarm_epochs", options.rewarm_epochs);
    const LrSchedule schedule(options,
                              golden["steps_per_epoch"].get<int64_t>());
    const auto& rates = setting["rates"];
    ASSERT_EQ(schedule.total_steps(), static_cast<int64_t>(rates.size()));
    // torch multiplies each rate of LinearLR and CosineAnnealingLR from the one
    // before, and rounds each time: up to 5 units in the last place.
    const bool multiplies = setting.contains("rewarm_epochs");
    for (size_t i = 0; i < rates.size(); ++i) {
      const double found = schedule.At(static_cast<int64_t>(i));
      const auto rate = rates[i].get<double>();
      const std::string at =
          fmt::format("{} step {}", setting["name"].get<std::string>(), i);
      if (multiplies) {
        EXPECT_NEAR(found, rate, 2e-15 * rate) << at;
      } else {
        EXPECT_DOUBLE_EQ(found, rate) << at;
      }
    }
  }
}

TEST(LrSchedule, TheCosineMayRiseFromAnotherRate) {
  ScheduleOptions options = {0.3, 0.1, 4, 2};
  options.warmup_lr = 0.1;
  const LrSchedule schedule(options, 5);
  EXPECT_EQ(schedule.At(0), 0.1);
  EXPECT_DOUBLE_EQ(schedule.At(1), 0.1 + 0.2 / 9);
  EXPECT_EQ(schedule.At(9), 0.3);
}

// A rise of one step is at its end.
TEST(LrSchedule, OneCycleMayRiseInOneStep) {
  ScheduleOptions options = {0.3, 0, 2, 1};
  options.name = ScheduleName::kOneCycle;
  EXPECT_EQ(LrSchedule(options, 1).At(0), 0.3);
  options.warmup_epochs = 2;
  EXPECT_EQ(LrSchedule(options, 1).At(1), 0.3);
}

// Also from a warmup_lr that torch's LinearLR does not have, and where a
// decayed cycle does not reach it.
TEST(LrSchedule, RestartsWarmUpWithinTheirCycle) {
  ScheduleOptions options = {0.4, 0, 9, 0};
  options.name = ScheduleName::kCosineRestarts;
  options.cycle_epochs = 3;
  options.rewarm_epochs = 1;
  options.cycle_decay = 0.5;
  const LrSchedule from_0(options, 4);
  EXPECT_EQ(from_0.At(0), 0.4);
  for (int64_t step = 0; step < 4; ++step) {
    EXPECT_DOUBLE_EQ(from_0.At(12 + step), 0.05 * static_cast<double>(step));
  }
  EXPECT_EQ(from_0.At(16), 0.2);
  EXPECT_DOUBLE_EQ(from_0.At(20), 0.1);  // half of the cosine
  EXPECT_EQ(from_0.At(24), 0);
  EXPECT_EQ(from_0.At(28), 0.1);
  options.warmup_lr = 0.15;
  const LrSchedule from_above(options, 4);
  EXPECT_EQ(from_above.At(12), 0.15);
  for (int64_t step = 24; step <= 28; ++step) {
    EXPECT_EQ(from_above.At(step), 0.1);
  }
}

// Cycles of 5.5 steps, say, begin between two.
TEST(LrSchedule, RestartsThatWarmUpAreNeverNegative) {
  for (const double mul : {1.1, 1.3, 1.5, 2.0, 3.0}) {
    ScheduleOptions options = {0.4, 0, 500, 0};
    options.name = ScheduleName::kCosineRestarts;
    options.cycle_epochs = 5;
    options.rewarm_epochs = 4;
    options.cycle_mul = mul;
    const LrSchedule schedule(options, 1);
    for (int64_t step = 0; step < 500; ++step) {
      EXPECT_GE(schedule.At(step), 0) << mul << " step " << step;
      EXPECT_LE(schedule.At(step), 0.4) << mul << " step " << step;
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

TEST(LrSchedule, RejectsInvalidOptionsOfItsKind) {
  const auto rejects = [](ScheduleName name, const auto& change,
                          const std::string& field) {
    ScheduleOptions options = {0.3, 0.1, 4, 2};
    options.name = name;
    options.decay_epochs = options.cycle_epochs = 1;
    const LrSchedule valid(options, 5);
    change(options);
    ExpectError([&] { LrSchedule(options, 5); }, ErrorKind::kConfig,
                {field + ": "});
  };
  using O = ScheduleOptions;
  const auto step = ScheduleName::kStep;
  const auto restarts = ScheduleName::kCosineRestarts;
  const auto one_cycle = ScheduleName::kOneCycle;
  rejects(
      step, [](O& o) { o.decay_epochs = 0; }, "decay_epochs");
  rejects(
      step, [](O& o) { o.decay_epochs = 5; }, "decay_epochs");
  rejects(
      step, [](O& o) { o.decay_rate = 1.5; }, "decay_rate");
  rejects(
      step, [](O& o) { o.decay_rate = 0; }, "decay_rate");
  rejects(
      step, [](O& o) { o.warmup_lr = 0.4; }, "warmup_lr");
  rejects(
      restarts, [](O& o) { o.cycle_epochs = 0; }, "cycle_epochs");
  rejects(
      restarts, [](O& o) { o.cycle_mul = 0.5; }, "cycle_mul");
  rejects(
      restarts, [](O& o) { o.cycle_decay = 2; }, "cycle_decay");
  rejects(
      restarts, [](O& o) { o.cycle_limit = -1; }, "cycle_limit");
  rejects(
      restarts, [](O& o) { o.min_lr = 0.4; }, "min_lr");
  rejects(
      restarts, [](O& o) { o.rewarm_epochs = -1; }, "rewarm_epochs");
  rejects(
      restarts, [](O& o) { o.rewarm_epochs = 1; }, "rewarm_epochs");
  rejects(
      step, [](O& o) { o.rewarm_epochs = 1; }, "rewarm_epochs");
  rejects(
      one_cycle, [](O& o) { o.div_factor = 0; }, "div_factor");
  rejects(
      one_cycle, [](O& o) { o.final_div_factor = 0; }, "final_div_factor");
}

// The others do not have a lowest rate.
TEST(LrSchedule, MinLrIsOfCosinesAlone) {
  ScheduleOptions options = {0.3, 0.4, 4, 2};
  options.name = ScheduleName::kConstant;
  EXPECT_EQ(LrSchedule(options, 5).At(19), 0.3);
}

TEST(LrSchedule, CountsSteps) {
  EXPECT_EQ(LrSchedule({0.3, 0.1, 4, 4}, 5).total_steps(), 20);
}

TEST(ScaledWarmup, HasTheSameShare) {
  const ScheduleOptions usual = {.epochs = 30, .warmup_epochs = 5};
  EXPECT_EQ(ScaledWarmup(usual, 120), 20);
  EXPECT_EQ(ScaledWarmup(usual, 9), 2);  // 1.5
  EXPECT_EQ(ScaledWarmup(usual, 1), 0);
}

}  // namespace

}  // namespace wsel::optim
