#include "wsel/run/metric_log.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "wsel/core/dump_json.h"
#include "wsel/core/error.h"
#include "wsel/core/json_object.h"

namespace wsel::run {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const auto& value) { return value; }

Json ToJson(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

// As Python writes them: NaN has no sign.
std::string Cell(const std::optional<double>& value) {
  if (!value) return "";
  return std::isnan(*value) ? "nan" : fmt::format("{}", *value);
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

std::vector<Metric> LastRow(const std::filesystem::path& path) {
  constexpr uintmax_t kTail = 1 << 16;  // of a line of numbers
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;
  const uintmax_t size = std::filesystem::file_size(path, ignored);
  if (!file || ignored) {
    throw Error(ErrorKind::kIo, path.string(), "cannot be read");
  }
  if (size > kTail) {
    file.seekg(-static_cast<std::streamoff>(kTail), std::ios::end);
  }
  std::string last;
  for (std::string line; std::getline(file, line);) last = line;
  if (last.empty()) return {};
  std::vector<Metric> row;
  const auto json = ParseJson(last, path.string(), ErrorKind::kFormat);
  for (const auto& [name, value] : json.items()) {
    if (value.is_number_integer()) {
      row.push_back({name, value.get<int64_t>()});
    } else if (value.is_number()) {
      row.push_back({name, value.get<double>()});
    }
  }
  return row;
}

SummaryCsv::SummaryCsv(const std::filesystem::path& path,
                       std::optional<uint64_t> resume_at, bool multi_label)
    : file_(path, resume_at), has_map_(multi_label) {
  if (file_.bytes() == 0) {
    const std::string more =
        multi_label ? fmt::format(",{},{}", kEvalMapKey, kEvalSubsetAccuracyKey)
                    : "";
    file_.Write(fmt::format(
        "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr,{},{},"
        "{}{}\n",
        kEvalSkippedKey, kEvalBalancedAccuracyKey, kEvalMacroF1Key, more));
    return;
  }
  std::string header;
  std::ifstream file(path);
  std::getline(file, header);
  has_skipped_ = header.find(kEvalSkippedKey) != std::string::npos;
  has_class_metrics_ = header.find(kEvalMacroF1Key) != std::string::npos;
}

void SummaryCsv::Write(const Epoch& row) {
  std::string line = fmt::format("{},{},{},{},{},{}", row.epoch,
                                 Cell(row.train_loss), Cell(row.eval_loss),
                                 Cell(row.top1), Cell(row.top5), Cell(row.lr));
  if (has_skipped_) {
    line += ',';
    if (row.skipped) line += std::to_string(*row.skipped);
  }
  if (has_class_metrics_) {
    line +=
        fmt::format(",{},{}", Cell(row.balanced_accuracy), Cell(row.macro_f1));
  }
  if (has_map_) {
    line += fmt::format(",{},{}", Cell(row.map), Cell(row.subset_accuracy));
  }
  file_.Write(line + '\n');
}

}  // namespace wsel::run
