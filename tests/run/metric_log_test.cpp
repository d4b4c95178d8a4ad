#include "wsel/run/metric_log.h"

#include <gtest/gtest.h>

#include <limits>
#include <variant>
#include <vector>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::run {
namespace {

// The text of the log after one row.
std::string Line(const std::vector<Metric>& row) {
  const TempFolder folder;
  MetricLog log(folder / "metrics.jsonl", std::nullopt);
  log.Write(row);
  return ReadText(folder / "metrics.jsonl");
}

TEST(MetricLog, WritesOneObjectPerLineInTheGivenOrder) {
  EXPECT_EQ(Line({{"step", int64_t{12}},
                  {"loss", 4.25},
                  {"lr", 1e-6},
                  {"best", std::string("no")},
                  {"at", 3.0}}),
            R"({"step":12,"loss":4.25,"lr":1e-06,"best":"no","at":3.0})"
            "\n");
}

TEST(MetricLog, NumbersAreReadBackExactly) {
  for (const double value : {1. / 3, 5e-324, 1.7976931348623157e308, -0.0}) {
    const auto json = ParseJson(Line({{"x", value}}), "", ErrorKind::kFormat);
    EXPECT_EQ(json["x"].get<double>(), value);
  }
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
  const auto json = ParseJson(Line({{"x", kLargest}}), "", ErrorKind::kFormat);
  EXPECT_EQ(json["x"].get<int64_t>(), kLargest);
}

TEST(MetricLog, NaNAndInfinityAreStrings) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Line({{"a", std::numeric_limits<double>::quiet_NaN()},
                  {"b", kInfinity},
                  {"c", -kInfinity}}),
            R"({"a":"NaN","b":"Infinity","c":"-Infinity"})"
            "\n");
}

TEST(MetricLog, AnyTextBecomesOneLineOfValidJson) {
  EXPECT_EQ(Line({{"a\"b", std::string("c\nd")}}), "{\"a\\\"b\":\"c\\nd\"}\n");
  const auto json =
      ParseJson(Line({{"name", std::string("\xFF!")}}), "", ErrorKind::kFormat);
  EXPECT_EQ(json["name"].get<std::string>(), "\uFFFD!");
}

TEST(LastRow, HasTheNumbersOfTheLastLine) {
  const TempFolder folder;
  const auto path = folder / "metrics.jsonl";
  MetricLog log(path, std::nullopt);
  EXPECT_TRUE(LastRow(path).empty());
  for (int64_t step = 1; step <= 3000; ++step) {
    const std::vector<Metric> row = {
        {"kind", std::string("step")}, {"step", step}, {"loss", 0.25}};
    log.Write(row);
  }
  log.Flush();
  const auto row = LastRow(path);
  ASSERT_EQ(row.size(), 2U);
  EXPECT_EQ(row[0].name, "step");
  EXPECT_EQ(std::get<int64_t>(row[0].value), 3000);
  EXPECT_EQ(std::get<double>(row[1].value), 0.25);
  WriteTextFile(folder / "bad.jsonl", "{\"step\":1}\n{\"step\":");
  ExpectError([&] { LastRow(folder / "bad.jsonl"); }, ErrorKind::kFormat,
              {"bad.jsonl"});
  ExpectError([&] { LastRow(folder / "none.jsonl"); }, ErrorKind::kIo,
              {"none.jsonl"});
}

TEST(MetricLog, ResumesWhereTheRunWasSaved) {
  const TempFolder folder;
  const auto path = folder / "metrics.jsonl";
  const std::vector<Metric> row = {{"step", int64_t{1}}};
  uint64_t saved = 0;
  {
    MetricLog log(path, std::nullopt);
    log.Write(row);
    saved = log.Flush();
    log.Write(row);  // after the state was saved, before the kill
  }
  MetricLog log(path, saved);
  log.Write(std::vector<Metric>{{"step", int64_t{2}}});
  EXPECT_EQ(ReadText(path), "{\"step\":1}\n{\"step\":2}\n");
}

}  // namespace
}  // namespace wsel::run
