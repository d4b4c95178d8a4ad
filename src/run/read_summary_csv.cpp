#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <span>

#include "log_lines.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/run/log.h"

namespace wsel::run {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxColumns = 4096;

// Column names: timm's first, then those of forks and other programs.
using Names = std::array<std::string_view, 8>;
constexpr Names kEpoch = {"epoch", "Epoch"};
constexpr Names kTop1 = {"eval_top1", "top1", "eval_acc1", "val_top1",
                         "val_acc1",  "acc1", "test_acc1", "test_top1"};
constexpr Names kTop5 = {"eval_top5", "top5", "eval_acc5", "val_top5",
                         "val_acc5",  "acc5", "test_acc5", "test_top5"};
constexpr Names kTrainLoss = {"train_loss"};
constexpr Names kEvalLoss = {"eval_loss", "val_loss", "test_loss"};

constexpr size_t kAbsent = static_cast<size_t>(-1);

// Cells of a line by RFC 4180, except line ends inside quotes, which no
// training log has.
std::vector<std::string> CellsOf(std::string_view line,
                                 const std::string& where) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quoted && line.substr(i, 2) == "\"\"") {
      cells.back() += line[i++];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += line[i];
    }
    if (cells.size() > kMaxColumns) {
      throw Error(ErrorKind::kFormat, where, "has more than 4096 columns");
    }
  }
  if (quoted) throw Error(ErrorKind::kFormat, where, "ends inside quotes");
  return cells;
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Maps the columns of a file to their meaning.
class Columns {
 public:
  Columns(const std::vector<std::string>& header, const std::string& where)
      : count_(header.size()),
        epoch_(Find(header, kEpoch)),
        top1_(Find(header, kTop1)),
        top5_(Find(header, kTop5)),
        train_loss_(Find(header, kTrainLoss)),
        eval_loss_(Find(header, kEvalLoss)) {
    if (epoch_ == kAbsent) ThrowMissing(header, kEpoch, where);
    if (top1_ == kAbsent) ThrowMissing(header, kTop1, where);
  }

  Epoch Read(const std::vector<std::string>& cells,
             const std::string& where) const {
    if (cells.size() != count_) {
      throw Error(
          ErrorKind::kFormat, where,
          fmt::format("has {} cells; the header has {}", cells.size(), count_));
    }
    const auto epoch = Number(cells, epoch_, where);
    if (!epoch) throw Error(ErrorKind::kFormat, where, "has no epoch");
    Epoch row;
    row.epoch = CheckedEpoch(*epoch, where);
    row.top1 = Number(cells, top1_, where);
    row.top5 = Number(cells, top5_, where);
    row.train_loss = Number(cells, train_loss_, where);
    row.eval_loss = Number(cells, eval_loss_, where);
    if (row.top1) CheckedAccuracy(*row.top1, where, "top-1");
    if (row.top5) CheckedAccuracy(*row.top5, where, "top-5");
    return row;
  }

 private:
  static size_t Find(const std::vector<std::string>& header,
                     const Names& names) {
    for (const std::string_view name : names) {
      for (size_t i = 0; i < header.size() && !name.empty(); ++i) {
        if (Trim(header[i]) == name) return i;
      }
    }
    return kAbsent;
  }

  [[noreturn]] static void ThrowMissing(const std::vector<std::string>& header,
                                        const Names& names,
                                        const std::string& where) {
    std::vector<std::string_view> known;
    for (const std::string_view name : names) {
      if (!name.empty()) known.push_back(name);
    }
    throw Error(
        ErrorKind::kFormat, where,
        fmt::format("has no column {}; its columns: {}",
                    fmt::join(known, " or "),
                    EscapeText(fmt::to_string(fmt::join(header, ", ")))));
  }

  static std::optional<double> Number(const std::vector<std::string>& cells,
                                      size_t column, const std::string& where) {
    if (column == kAbsent) return std::nullopt;
    const std::string_view text = Trim(cells[column]);
    if (text.empty()) return std::nullopt;
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size()) return value;
    throw Error(ErrorKind::kFormat, where,
                fmt::format("'{}' is not a number", EscapeText(text, 40)));
  }

  size_t count_;
  size_t epoch_;
  size_t top1_;
  size_t top5_;
  size_t train_loss_;
  size_t eval_loss_;
};

}  // namespace

Log ReadSummaryCsv(const fs::path& path) {
  const LogLines file = ReadLines(path);
  Log log;
  if (file.lines.empty()) {
    if (file.truncated) return log;  // a run that has just started
    throw Error(ErrorKind::kFormat, path.string(),
                "is empty: expected a header with column names");
  }
  const Line& header = file.lines.front();
  const Columns columns(CellsOf(header.text, LocationOf(path, header)),
                        LocationOf(path, header));
  for (const Line& line : std::span(file.lines).subspan(1)) {
    if (line.text == header.text) continue;  // timm repeats it after a resume
    const std::string where = LocationOf(path, line);
    Append(log, columns.Read(CellsOf(line.text, where), where), where);
  }
  Finish(log, file.truncated);
  return log;
}

}  // namespace wsel::run
