#include "metric_log.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace wsel::train {
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
  // Invalid UTF-8 in a name must not end a run: it is replaced.
  file_.Write(line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n');
}

}  // namespace wsel::train
