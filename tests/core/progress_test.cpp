#include "wsel/core/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace wsel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const ProgressPoint kPoint = {.title = "epoch 3/50",
                              .step = 120,
                              .steps = 312,
                              .images = 120 * 64,
                              .loss = 4.2131,
                              .lr = 1.2e-3,
                              .seconds_left = 754};
const ProgressRate kRate = {.images_per_second = 812.4, .steps_per_second = 1};

TEST(ProgressBar, ShowsEverythingKnown) {
  EXPECT_EQ(ProgressBar(kPoint, kRate, 80),
            "epoch 3/50  [===>        ] 120/312  loss 4.213  lr 1.2e-3  "
            "812 img/s  12:34 left");
  EXPECT_EQ(ProgressLine(kPoint, kRate),
            "epoch 3/50  120/312  loss 4.213  lr 1.2e-3  812 img/s  12:34 "
            "left");
}

TEST(ProgressLine, ShowsTheWaitForOtherRanks) {
  EXPECT_EQ(
      ProgressLine({.title = "e", .steps = 1, .comm_wait = 0.034}, {3.21, 0}),
      "e  0/1  3.2 img/s  comm 3 %");
}

TEST(ProgressBar, OmitsWhatIsUnknown) {
  EXPECT_EQ(ProgressLine({.title = "evaluation", .step = 1, .steps = 4}, {}),
            "evaluation  1/4");
  EXPECT_EQ(ProgressBar({.title = "evaluation"}, {}, 24),
            "evaluation  [      ] 0/0");
}

TEST(ProgressBar, FillsFromEmptyToFull) {
  const auto bar = [](int64_t step) {
    return ProgressBar({.title = "e", .step = step, .steps = 10}, {}, 80)
        .substr(4, 40);
  };
  EXPECT_EQ(bar(0), std::string(40, ' '));
  EXPECT_EQ(bar(5), std::string(19, '=') + '>' + std::string(20, ' '));
  EXPECT_EQ(bar(10), std::string(40, '='));
  EXPECT_EQ(bar(11), std::string(40, '='));
}

TEST(ProgressBar, IsNeverWiderThanTheTerminal) {
  for (int width = 0; width < 200; ++width) {
    EXPECT_LE(ProgressBar(kPoint, kRate, width).size(),
              static_cast<size_t>(width));
  }
  EXPECT_EQ(ProgressBar(kPoint, kRate, 20), "epoch 3/50  120/312 ");
  EXPECT_EQ(ProgressBar(kPoint, kRate, -1), "");
}

TEST(ProgressLine, RoundsNumbers) {
  const auto with = [](double lr, double steps_per_second) {
    return ProgressLine({.title = "e", .steps = 100, .lr = lr},
                        {.steps_per_second = steps_per_second});
  };
  EXPECT_EQ(with(0, 1), "e  0/100  lr 0  1:40 left");
  EXPECT_EQ(with(0.05, 100), "e  0/100  lr 5.0e-2  1 s left");
  EXPECT_EQ(with(1, 0.01), "e  0/100  lr 1.0e0  2:46:40 left");
  EXPECT_EQ(with(1e-12, 1e-4), "e  0/100  lr 1.0e-12  11.6 days left");
  EXPECT_EQ(ProgressLine({.title = "e", .steps = 1}, {3.21, 0}),
            "e  0/1  3.2 img/s");
  EXPECT_EQ(
      ProgressLine(
          {.title = "e", .loss = std::numeric_limits<double>::quiet_NaN()}, {}),
      "e  0/0  loss nan");
}

// A meter with a clock and a screen controlled by the test.
class Meter {
 public:
  Meter(bool bar, double seconds)
      : meter_(
            {bar, seconds, [] { return 60; }, [this] { return now; },
             [this](std::string_view text) { written.emplace_back(text); }}) {}

  void At(double time, const std::string& title, int64_t step) {
    now = time;
    meter_.Update(
        {.title = title, .step = step, .steps = 10, .images = 4 * step});
  }
  void Clear() { meter_.Clear(); }

  double now = 0;
  std::vector<std::string> written;

 private:
  ProgressMeter meter_;
};

TEST(ProgressMeter, PrintsALineWhenItIsDue) {
  Meter meter(false, 10);
  meter.At(100, "a", 1);
  meter.At(104, "a", 3);
  meter.At(109.9, "a", 4);
  meter.At(110, "a", 6);
  meter.At(112, "a", 9);
  meter.At(114, "a", 10);
  meter.Clear();
  EXPECT_THAT(meter.written, ElementsAre("a  6/10  2.0 img/s  8 s left\n"));
}

TEST(ProgressMeter, MeasuresEachPhaseSeparately) {
  Meter meter(false, 0);
  meter.At(0, "a", 0);
  meter.At(10, "a", 10);
  meter.At(110, "b", 0);
  meter.At(112, "b", 5);
  meter.At(120, "b", 1);  // a smaller step: another phase of the same title
  EXPECT_THAT(meter.written,
              ElementsAre("a  0/10\n", "a  10/10  4.0 img/s\n", "b  0/10\n",
                          "b  5/10  10 img/s  2 s left\n", "b  1/10\n"));
}

TEST(ProgressPoint, AdvancesByOneStep) {
  ProgressPoint point{.title = "a", .steps = 2};
  std::vector<int64_t> images;
  const auto note = [&](const ProgressPoint& p) { images.push_back(p.images); };
  Advance(point, 7, note);
  Advance(point, 3, note);
  EXPECT_EQ(point.step, 2);
  EXPECT_THAT(images, ElementsAre(7, 10));
  Advance(point, 1, nullptr);
}

TEST(ProgressMeter, RedrawsABarAndClearsIt) {
  Meter meter(true, 0.1);
  meter.Clear();
  EXPECT_THAT(meter.written, IsEmpty());
  meter.At(0, "a", 0);
  meter.At(0.05, "a", 1);
  meter.At(1, "a", 2);
  meter.Clear();
  meter.Clear();
  EXPECT_THAT(meter.written,
              ElementsAre("\ra  [" + std::string(40, ' ') + "] 0/10\x1b[K",
                          "\ra  [====>" + std::string(23, ' ') +
                              "] 2/10  8.0 img/s  4 s left\x1b[K",
                          "\r\x1b[K"));
}

}  // namespace
}  // namespace wsel
