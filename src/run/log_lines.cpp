#include "log_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::run {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxBytes = size_t{64} << 20;
constexpr size_t kMaxLineBytes = size_t{1} << 20;
constexpr size_t kMaxEpochs = 100'000;
constexpr double kMaxCount = 1e9;

// What Python's json writes, although JSON has no such numbers.
constexpr std::array<std::pair<std::string_view, double>, 3> kNonFinite = {{
    {"NaN", std::numeric_limits<double>::quiet_NaN()},
    {"-Infinity", -std::numeric_limits<double>::infinity()},
    {"Infinity", std::numeric_limits<double>::infinity()},
}};

// The JSON with these numbers as strings.
std::string QuoteNonFinite(std::string_view json) {
  std::string quoted;
  bool in_string = false;
  while (!json.empty()) {
    const auto number = std::ranges::find_if(kNonFinite, [&](const auto& row) {
      return json.starts_with(row.first);
    });
    size_t length = 1;
    if (!in_string && number != kNonFinite.end()) {
      length = number->first.size();
      quoted += fmt::format("\"{}\"", number->first);
    } else {
      if (in_string && json.starts_with('\\')) {
        length = std::min<size_t>(2, json.size());
      }
      if (json.starts_with('"')) in_string = !in_string;
      quoted += json.substr(0, length);
    }
    json.remove_prefix(length);
  }
  return quoted;
}

std::optional<double> Number(JsonObject& object, std::string_view key) {
  if (!object.Has(key)) return std::nullopt;
  const auto& json = object.Raw(key);
  for (const auto& [name, value] : kNonFinite) {
    if (json.is_string() && json.get_ref<const std::string&>() == name) {
      return value;
    }
  }
  return object.Get<double>(key);
}

Epoch ReadEpoch(JsonObject& object) {
  Epoch row;
  const std::string& where = object.where();
  row.epoch = CheckedCount(object.Get<double>("epoch"), where, "epoch");
  row.top1 = Number(object, "test_acc1");
  row.top5 = Number(object, "test_acc5");
  row.train_loss = Number(object, "train_loss");
  row.eval_loss = Number(object, "test_loss");
  CheckAccuracy(row.top1, where, "test_acc1");
  CheckAccuracy(row.top5, where, "test_acc5");
  return row;
}

// Whether there was a value to drop.
bool DropNonFinite(std::optional<double>& value) {
  if (!value || std::isfinite(*value)) return false;
  value.reset();
  return true;
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
  for (const std::string_view mark : {"\xFF\xFE", "\xFE\xFF"}) {
    if (!log.text.starts_with(mark)) continue;
    throw Error(ErrorKind::kFormat, path.string(),
                "is UTF-16 text; save it as UTF-8");
  }
  std::string_view rest = log.text;
  for (size_t number = 1; !rest.empty(); ++number) {
    const size_t end = rest.find('\n');
    Line line = {number, rest.substr(0, end)};
    rest.remove_prefix(std::min(end, rest.size() - 1) + 1);
    if (line.text.ends_with('\r')) line.text.remove_suffix(1);
    if (line.text.size() > kMaxLineBytes) {
      throw Error(ErrorKind::kFormat, LocationOf(path, line),
                  "is longer than 1 MB: not a line of a training log");
    }
    if (end == std::string_view::npos) {
      log.unended = line;  // the loop ends
    } else if (!line.text.empty()) {
      log.lines.push_back(line);
    }
  }
  return log;
}

bool StartsWithBrace(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return false;  // a pipe would block
  std::array<char, 4096> head;
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  std::string_view text(head.data(), static_cast<size_t>(file.gcount()));
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

Log ReadOfficialLog(const fs::path& path) {
  const LogLines file = ReadLines(path);
  Log log;
  std::vector<Line> lines = file.lines;
  // Without a line end, an object that is closed is whole all the same.
  const bool truncated =
      file.unended &&
      !nlohmann::json::accept(QuoteNonFinite(file.unended->text));
  if (file.unended && !truncated) lines.push_back(*file.unended);
  for (const Line& line : lines) {
    const std::string where = LocationOf(path, line);
    const auto json =
        ParseJson(QuoteNonFinite(line.text), where, ErrorKind::kFormat);
    JsonObject object(json, where, ErrorKind::kFormat);
    Append(log, ReadEpoch(object), where);
    if (object.Has("n_parameters")) {
      log.parameters = object.Get<int64_t>("n_parameters");
    }
  }
  Finish(log, truncated, /*from_zero=*/true);
  return log;
}

Log ReadLog(const fs::path& path) {
  return StartsWithBrace(path) ? ReadOfficialLog(path) : ReadSummaryCsv(path);
}

std::string LocationOf(const fs::path& path, const Line& line) {
  return fmt::format("{}:{}", path.string(), line.number);
}

int64_t CheckedCount(double value, const std::string& where,
                     std::string_view name) {
  if (value >= 0 && value <= kMaxCount && std::floor(value) == value) {
    return static_cast<int64_t>(value);
  }
  throw Error(ErrorKind::kFormat, where,
              "{} is {}: expected an integer of at least 0", name, value);
}

void CheckAccuracy(const std::optional<double>& value, const std::string& where,
                   std::string_view name) {
  if (!value || !std::isfinite(*value) || (*value >= 0 && *value <= 100)) {
    return;
  }
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

void Finish(Log& log, bool truncated, bool from_zero) {
  if (truncated) {
    log.notes.push_back("its last line is incomplete and was left out");
  }
  double highest = 0;
  size_t dropped = 0;
  for (Epoch& epoch : log.epochs) {
    if (from_zero) ++epoch.epoch;
    const bool drops_top1 = DropNonFinite(epoch.top1);
    const bool drops_top5 = DropNonFinite(epoch.top5);
    const bool drops_map = DropNonFinite(epoch.map);
    if (drops_top1 || drops_top5 || drops_map) ++dropped;
    highest = std::max(highest, epoch.top1.value_or(0));
  }
  if (dropped > 0) {
    log.notes.push_back(fmt::format(
        "its accuracy is NaN or infinite in {} of {} epochs and counts as "
        "missing there",
        dropped, log.epochs.size()));
  }
  if (highest > 0 && highest <= 1) {
    log.notes.push_back(
        "its top-1 never exceeds 1; it is read as percent, but may be a "
        "fraction");
  }
}

}  // namespace wsel::run
