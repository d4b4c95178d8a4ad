// Goldens: scripts/golden/multi_label.py, scikit-learn and torch.
#include "wsel/train/multi_label_metrics.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "throws.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::train {
namespace {

const std::string kMultiLabelGolden =
    WSEL_SOURCE_DIR "/tests/golden/train/multi_label.json";

nlohmann::ordered_json MultiLabelGolden(const char* key) {
  return ParseJson(ReadText(kMultiLabelGolden), kMultiLabelGolden,
                   ErrorKind::kFormat)
      .at(key);
}

MultiLabelTable TableOf(const nlohmann::ordered_json& golden) {
  MultiLabelTable table;
  for (size_t i = 0; i < golden["logits"].size(); ++i) {
    table.Add(golden["logits"][i].get<std::vector<float>>(),
              golden["labels"][i].get<std::vector<uint8_t>>());
  }
  return table;
}

TEST(MultiLabelMetrics, EqualScikitLearns) {
  const auto cases = MultiLabelGolden("metrics");
  ASSERT_EQ(cases.size(), 5U);
  for (const auto& golden : cases) {
    const MultiLabelTable table = TableOf(golden);
    EXPECT_EQ(table.size(), golden["logits"].size());
    const MultiLabelMetrics metrics = table.Metrics();
    EXPECT_NEAR(metrics.mean_ap, golden["mean_ap"].get<double>(), 1e-14);
    EXPECT_NEAR(metrics.macro_f1, golden["macro_f1"].get<double>(), 1e-14);
    EXPECT_NEAR(metrics.subset_accuracy,
                golden["subset_accuracy"].get<double>(), 1e-14);
    EXPECT_NEAR(metrics.loss, golden["loss"].get<double>(), 1e-12);
    int64_t unseen = 0;
    for (size_t c = 0; c < golden["average_precision"].size(); ++c) {
      const auto& expected = golden["average_precision"][c];
      if (expected.is_null()) {
        ++unseen;
        continue;
      }
      std::vector<float> scores;
      std::vector<uint8_t> truth;
      for (size_t i = 0; i < table.size(); ++i) {
        scores.push_back(golden["logits"][i][c].get<float>());
        truth.push_back(golden["labels"][i][c].get<uint8_t>());
      }
      EXPECT_NEAR(AveragePrecision(scores, truth), expected.get<double>(),
                  1e-14);
    }
    EXPECT_EQ(metrics.unseen_classes, unseen);
  }
}

TEST(MultiLabelMetrics, OfNoImagesAreZero) {
  const MultiLabelMetrics metrics = MultiLabelTable().Metrics();
  EXPECT_EQ(metrics.mean_ap, 0);
  EXPECT_EQ(metrics.macro_f1, 0);
  EXPECT_EQ(metrics.subset_accuracy, 0);
  EXPECT_EQ(metrics.loss, 0);
}

TEST(AveragePrecision, RanksNanLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> scores = {nan, 1, nan, 0};
  EXPECT_EQ(AveragePrecision(scores, std::vector<uint8_t>{0, 1, 0, 1}), 1);
  EXPECT_EQ(AveragePrecision(scores, std::vector<uint8_t>{1, 0, 0, 0}), 0.25);
}

TEST(MultiLabelMetrics, NeedOneLogitAndLabelPerClass) {
  MultiLabelTable table;
  table.Add(std::vector<float>{1, 2}, std::vector<uint8_t>{0, 1});
  ExpectError(
      [&] {
        table.Add(std::vector<float>{1, 2, 3}, std::vector<uint8_t>{0, 1, 0});
      },
      ErrorKind::kMismatch, {"3 logits", "2 classes"});
  ExpectError(
      [&] {
        table.Add(std::vector<float>{1, 2}, std::vector<uint8_t>{0});
      },
      ErrorKind::kMismatch, {"1 labels"});
}

TEST(MultiLabelMetrics, HaveARowPerClass) {
  MultiLabelTable table;
  table.Add(std::vector<float>{2, -1, -1}, std::vector<uint8_t>{1, 0, 0});
  table.Add(std::vector<float>{1, -2, -1}, std::vector<uint8_t>{0, 1, 0});
  EXPECT_EQ(table.PerClassCsv(std::vector<std::string>{"a", "b, c", "d"}),
            "class,images,predicted,correct,precision,recall,f1,"
            "average_precision\n"
            "a,1,2,1,0.5,1,0.6666666666666666,1\n"
            "\"b, c\",1,0,0,,0,0,0.5\n"
            "d,0,0,0,,,,\n");
}

TEST(BalancedPosWeights, AreNegativeByPositiveImages) {
  const auto cases = MultiLabelGolden("pos_weights");
  ASSERT_EQ(cases.size(), 2U);
  for (const auto& golden : cases) {
    EXPECT_EQ(BalancedPosWeights(golden["samples"].get<std::vector<int64_t>>(),
                                 golden["images"].get<int64_t>()),
              golden["weights"].get<std::vector<double>>());
  }
  const std::vector<int64_t> none_and_all = {0, 10};
  EXPECT_EQ(BalancedPosWeights(none_and_all, 10), std::vector<double>({1, 1}));
}

}  // namespace
}  // namespace wsel::train
