#include "wsel/run/run_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "throws.h"

namespace wsel::run {
namespace {

TEST(RunRecord, ReadsOtherSettingsUnderTheOldName) {
  const RunRecord record = RecordFromJson(
      R"({"sweep": "s", "settings": {"init": "a"}, "also": [{"init": "b"}],
          "seed": 0, "state": "waiting"})",
      "run.json");
  ASSERT_EQ(record.other_labels.size(), 1U);
  EXPECT_THAT(record.other_labels[0],
              testing::ElementsAre(testing::Pair("init", "b")));
  EXPECT_THAT(ToJson(record), testing::HasSubstr("\"other_settings\""));
}

TEST(RunRecord, RoundTripsAndRejectsInvalidJson) {
  RunRecord record;
  record.sweep = "s";
  record.labels = {{"init", "a b"}};
  record.other_labels = {{{"init", "c"}}};
  record.seed = 7;
  record.state = RunState::kFailed;
  record.error = "bad \xff byte";
  const std::string text = ToJson(record);
  const RunRecord read = RecordFromJson(text, "run.json");
  EXPECT_EQ(read.labels, record.labels);
  EXPECT_EQ(read.other_labels, record.other_labels);
  EXPECT_EQ(read.seed, 7U);
  EXPECT_EQ(read.state, RunState::kFailed);
  for (const char* bad :
       {"", "[]", "{}", R"({"sweep": "s", "seed": 0, "state": "waiting"})",
        R"({"sweep": "s", "settings": [], "seed": 0,
                            "state": "waiting"})",
        R"({"sweep": "s", "settings": {}, "seed": -1, "state": "waiting"})",
        R"({"sweep": "s", "settings": {}, "seed": 0, "state": "asleep"})"}) {
    ExpectError([&] { RecordFromJson(bad, "run.json"); }, ErrorKind::kFormat,
                {"run.json"});
  }
}

// A report also reads what a newer version wrote.
TEST(RunRecord, NeedsOnlySettingsAndState) {
  const RunRecord record = RecordFromJson(
      R"({"settings": {"lr": 0.5}, "state": "failed", "seed": null, "new": 1})",
      "run.json");
  EXPECT_THAT(record.labels, testing::ElementsAre(testing::Pair("lr", "0.5")));
  EXPECT_EQ(record.seed, std::nullopt);
}

}  // namespace
}  // namespace wsel::run
