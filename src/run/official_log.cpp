#include <fmt/format.h>

#include "log_lines.h"
#include "wsel/core/json_object.h"
#include "wsel/run/log.h"

namespace wsel::run {
namespace {

namespace fs = std::filesystem;

std::optional<double> Number(JsonObject& object, std::string_view key) {
  if (!object.Has(key)) return std::nullopt;
  return object.Get<double>(key);
}

Epoch ReadEpoch(JsonObject& object) {
  Epoch row;
  const std::string& where = object.where();
  row.epoch = CheckedEpoch(object.Get<double>("epoch"), where);
  row.top1 = Number(object, "test_acc1");
  row.top5 = Number(object, "test_acc5");
  row.train_loss = Number(object, "train_loss");
  row.eval_loss = Number(object, "test_loss");
  if (row.top1) CheckedAccuracy(*row.top1, where, "test_acc1");
  if (row.top5) CheckedAccuracy(*row.top5, where, "test_acc5");
  return row;
}

}  // namespace

Log ReadOfficialLog(const fs::path& path) {
  const LogLines file = ReadLines(path);
  Log log;
  for (const Line& line : file.lines) {
    const std::string where = LocationOf(path, line);
    const auto json = ParseJson(line.text, where, ErrorKind::kFormat);
    JsonObject object(json, where, ErrorKind::kFormat);
    Append(log, ReadEpoch(object), where);
    if (object.Has("n_parameters")) {
      log.parameters = object.Get<int64_t>("n_parameters");
    }
  }
  Finish(log, file.truncated);
  return log;
}

}  // namespace wsel::run
