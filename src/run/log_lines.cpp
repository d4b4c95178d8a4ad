#include "log_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::run {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxBytes = size_t{64} << 20;
constexpr size_t kMaxLineBytes = size_t{1} << 20;
constexpr size_t kMaxEpochs = 100'000;
constexpr double kMaxEpoch = 1e9;

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
  CheckAccuracy(row.top1, where, "test_acc1");
  CheckAccuracy(row.top5, where, "test_acc5");
  return row;
}

}  // namespace

LogLines ReadLines(const fs::path& path) {
  LogLines log;
  std::error_code ignored;
  if (fs::file_size(path, ignored) > kMaxBytes && !ignored) {
    throw Error(ErrorKind::kFormat, path.string(),
                "is larger than 64 MB: not a training log");
  }
  log.text = ReadText(path);
  std::string_view rest = log.text;
  for (size_t number = 1; !rest.empty(); ++number) {
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      log.truncated = true;
      break;
    }
    Line line = {number, rest.substr(0, end)};
    rest.remove_prefix(end + 1);
    if (line.text.ends_with('\r')) line.text.remove_suffix(1);
    if (line.text.size() > kMaxLineBytes) {
      throw Error(ErrorKind::kFormat, LocationOf(path, line),
                  "is longer than 1 MB: not a line of a training log");
    }
    if (!line.text.empty()) log.lines.push_back(line);
  }
  return log;
}

bool StartsWithBrace(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return false;  // a pipe would block
  std::array<char, 4096> head;
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  const std::string_view text(head.data(), static_cast<size_t>(file.gcount()));
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

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

Log ReadLog(const fs::path& path) {
  return StartsWithBrace(path) ? ReadOfficialLog(path) : ReadSummaryCsv(path);
}

std::string LocationOf(const fs::path& path, const Line& line) {
  return fmt::format("{}:{}", path.string(), line.number);
}

int64_t CheckedEpoch(double value, const std::string& where) {
  if (value >= 0 && value <= kMaxEpoch && std::floor(value) == value) {
    return static_cast<int64_t>(value);
  }
  throw Error(ErrorKind::kFormat, where,
              "epoch is {}: expected an integer of at least 0", value);
}

void CheckAccuracy(const std::optional<double>& value, const std::string& where,
                   std::string_view name) {
  if (!value || (*value >= 0 && *value <= 100)) return;
  throw Error(ErrorKind::kFormat, where,
              "{} is {}: expected percent from 0 to 100", name, *value);
}

void Append(Log& log, const Epoch& epoch, const std::string& where) {
  while (!log.epochs.empty() && log.epochs.back().epoch >= epoch.epoch) {
    log.epochs.pop_back();
  }
  if (log.epochs.size() >= kMaxEpochs) {
    throw Error(ErrorKind::kFormat, where, "has more than 100,000 epochs");
  }
  log.epochs.push_back(epoch);
}

void Finish(Log& log, bool truncated) {
  if (truncated) {
    log.notes.push_back("its last line is incomplete and was left out");
  }
  if (!log.epochs.empty() && log.epochs.front().epoch == 0) {
    for (Epoch& epoch : log.epochs) ++epoch.epoch;
  }
  double highest = 0;
  for (const Epoch& epoch : log.epochs) {
    highest = std::max(highest, epoch.top1.value_or(0));
  }
  if (highest > 0 && highest <= 1) {
    log.notes.push_back(
        "its top-1 never exceeds 1; it is read as percent, but may be a "
        "fraction");
  }
}

}  // namespace wsel::run
