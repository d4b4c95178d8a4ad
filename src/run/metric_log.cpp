#include "wsel/run/metric_log.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "wsel/core/dump_json.h"

namespace wsel::run {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(int64_t value) { return value; }

Json ToJson(const std::string& value) { return value; }

Json ToJson(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

}  // namespace

void MetricLog::Write(std::span<const Metric> row) {
  Json line = Json::object();
  for (const Metric& metric : row) {
    line[metric.name] = std::visit(
        [](const auto& value) { return ToJson(value); }, metric.value);
  }
  file_.Write(DumpJson(line) + '\n');
}

}  // namespace wsel::run
