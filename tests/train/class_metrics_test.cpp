// Goldens: scripts/golden/class_metrics.py, scikit-learn.
#include "wsel/train/class_metrics.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/train/confusion_matrix.h"

namespace wsel::train {
namespace {

const std::string kGolden =
    WSEL_SOURCE_DIR "/tests/golden/train/class_metrics.json";

nlohmann::ordered_json Golden(const char* key) {
  return ParseJson(ReadText(kGolden), kGolden, ErrorKind::kFormat).at(key);
}

TEST(ClassMetrics, EqualScikitLearns) {
  const auto cases = Golden("metrics");
  ASSERT_EQ(cases.size(), 4U);
  for (const auto& golden : cases) {
    const auto size = golden["classes"].get<size_t>();
    ConfusionMatrix matrix(std::vector<std::string>(size, "class"));
    std::vector<ClassCounts> classes(size);
    for (size_t i = 0; i < golden["labels"].size(); ++i) {
      const auto label = golden["labels"][i].get<int32_t>();
      const auto prediction = golden["predictions"][i].get<int32_t>();
      matrix.Add(label, prediction);
      ++classes[static_cast<size_t>(label)].support;
      ++classes[static_cast<size_t>(prediction)].predicted;
      if (label == prediction) ++classes[static_cast<size_t>(label)].correct;
    }
    EXPECT_NEAR(BalancedAccuracy(classes),
                golden["balanced_accuracy"].get<double>(), 1e-14);
    EXPECT_NEAR(MacroF1(classes), golden["macro_f1"].get<double>(), 1e-14);
    for (size_t label = 0; label < size; ++label) {
      for (size_t other = 0; other < size; ++other) {
        EXPECT_EQ(matrix.Count(static_cast<int32_t>(label),
                               static_cast<int32_t>(other)),
                  golden["confusion"][label][other].get<int64_t>());
      }
    }
  }
}

TEST(ClassMetrics, AreZeroWithoutSamples) {
  EXPECT_EQ(BalancedAccuracy({}), 0);
  EXPECT_EQ(MacroF1({}), 0);
  const std::vector<ClassCounts> none(2);
  EXPECT_EQ(BalancedAccuracy(none), 0);
  EXPECT_EQ(MacroF1(none), 0);
}

TEST(BalancedClassWeights, EqualScikitLearns) {
  const auto cases = Golden("weights");
  ASSERT_EQ(cases.size(), 4U);
  for (const auto& golden : cases) {
    const auto samples = golden["samples"].get<std::vector<int64_t>>();
    const auto weights = BalancedClassWeights(samples);
    const auto expected = golden["weights"].get<std::vector<double>>();
    ASSERT_EQ(weights.size(), expected.size());
    for (size_t c = 0; c < weights.size(); ++c) {
      EXPECT_NEAR(weights[c], expected[c], 1e-14 * expected[c]);
    }
  }
}

}  // namespace
}  // namespace wsel::train
