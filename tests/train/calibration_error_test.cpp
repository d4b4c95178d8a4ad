#include "wsel/train/calibration_error.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "hashed_source.h"
#include "throws.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::train {
namespace {

LogitTable TableOf(const std::vector<std::vector<float>>& rows,
                   const std::vector<int32_t>& labels) {
  LogitTable table;
  for (size_t i = 0; i < rows.size(); ++i) table.Add(rows[i], labels[i]);
  return table;
}

TEST(CalibrationError, EqualsNumpyAndScipy) {
  const std::string path =
      WSEL_SOURCE_DIR "/tests/golden/train/calibration_error.json";
  const auto rows = ParseJson(ReadText(path), path, ErrorKind::kFormat)["rows"];
  ASSERT_EQ(rows.size(), 4U);
  for (const auto& row : rows) {
    const int64_t images = row[0];
    const int64_t classes = row[1];
    const auto noise =
        Hashed(fmt::format("logits {} {}", images, classes), images * classes);
    LogitTable table;
    for (int64_t i = 0; i < images; ++i) {
      std::vector<float> logits;
      for (int64_t c = 0; c < classes; ++c) {
        logits.push_back(row[2].get<float>() *
                         noise[static_cast<size_t>(i * classes + c)]);
      }
      const int64_t label = i * 7 % classes;
      logits[static_cast<size_t>(label)] += row[3].get<float>();
      table.Add(logits, static_cast<int32_t>(label));
    }
    const CalibrationError found = table.Calibration();
    EXPECT_NEAR(found.ece, row[4].get<double>(), 1e-4) << row;
    EXPECT_NEAR(table.Loss(1), row[5].get<double>(), 1e-6) << row;
    EXPECT_NEAR(found.temperature / row[6].get<double>(), 1, 1e-5) << row;
    EXPECT_NEAR(found.scaled_ece, row[7].get<double>(), 1e-3) << row;
    EXPECT_NEAR(found.scaled_loss, row[8].get<double>(), 1e-6) << row;
  }
}

// One image at a confidence of 0.75, correct, and one, wrong.
TEST(CalibrationError, IsTheGapOfConfidenceAndAccuracy) {
  const float three = std::log(3.0F);
  const auto table = TableOf({{three, 0}, {three, 0}}, {0, 1});
  EXPECT_NEAR(table.Ece(1), 25, 1e-5);
  // At the best temperature both classes have the probability 1/2.
  EXPECT_EQ(table.FitTemperature(), kMaxTemperature);
}

TEST(CalibrationError, TemperaturesAreBounded) {
  EXPECT_EQ(TableOf({{2, 0}, {0, 2}}, {0, 1}).FitTemperature(),
            kMinTemperature);
  EXPECT_EQ(TableOf({{2, 0}, {0, 2}}, {1, 0}).FitTemperature(),
            kMaxTemperature);
  EXPECT_EQ(TableOf({{1, 1}}, {0}).FitTemperature(), kMaxTemperature);
  const CalibrationError none = LogitTable().Calibration();
  EXPECT_EQ(none.ece, 0);
  EXPECT_EQ(none.temperature, 1);
}

TEST(CalibrationError, RejectsOtherClasses) {
  LogitTable table;
  const std::vector<float> two = {1, 2};
  const std::vector<float> three = {1, 2, 3};
  table.Add(two, 1);
  for (const auto& [logits, label] :
       {std::pair(&three, 0), std::pair(&two, 2), std::pair(&two, -1)}) {
    ExpectError([&, l = logits, y = label] { table.Add(*l, y); },
                ErrorKind::kMismatch, {"expected 2 classes"});
  }
}

}  // namespace
}  // namespace wsel::train
