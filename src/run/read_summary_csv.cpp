#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "log_lines.h"
#include "wsel/core/csv.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/split.h"
#include "wsel/run/file_names.h"
#include "wsel/run/log.h"
#include "wsel/run/metric_log.h"

namespace wsel::run {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxColumns = 4096;

// Column names: timm's first, then those of forks and other programs.
using Names = std::span<const std::string_view>;
constexpr std::string_view kEpoch[] = {"epoch", "Epoch"};
constexpr std::string_view kTop1[] = {"eval_top1", "top1",     "eval_acc1",
                                      "val_top1",  "val_acc1", "acc1",
                                      "test_acc1", "test_top1"};
constexpr std::string_view kTop5[] = {"eval_top5", "top5",     "eval_acc5",
                                      "val_top5",  "val_acc5", "acc5",
                                      "test_acc5", "test_top5"};
constexpr std::string_view kTrainLoss[] = {"train_loss"};
constexpr std::string_view kEvalLoss[] = {"eval_loss", "val_loss", "test_loss"};
constexpr std::string_view kSkipped[] = {kEvalSkippedKey};
constexpr std::string_view kBalanced[] = {kEvalBalancedAccuracyKey};
constexpr std::string_view kMacroF1[] = {kEvalMacroF1Key};
constexpr std::string_view kMap[] = {kEvalMapKey};
constexpr std::string_view kSubset[] = {kEvalSubsetAccuracyKey};

using Cells = std::vector<std::string>;

Cells CellsOf(std::string_view line, const std::string& where) {
  Cells cells = CsvCells(line, where);
  if (cells.size() <= kMaxColumns) return cells;
  throw Error(ErrorKind::kFormat, where, "has more than 4096 columns");
}

// The column with the first of the names that the header has.
std::optional<size_t> Find(const Cells& header, Names names) {
  for (const std::string_view name : names) {
    const auto at = std::ranges::find(header, name, Trim);
    if (at != header.end()) return static_cast<size_t>(at - header.begin());
  }
  return std::nullopt;
}

size_t Require(const Cells& header, Names names, const std::string& where) {
  if (const auto column = Find(header, names)) return *column;
  throw Error(ErrorKind::kFormat, where, "has no column {}; its columns: {}",
              fmt::join(names, " or "),
              EscapeText(fmt::format("{}", fmt::join(header, ", "))));
}

std::optional<double> Number(const Cells& cells, std::optional<size_t> column,
                             const std::string& where) {
  if (!column) return std::nullopt;
  const std::string_view text = Trim(cells[*column]);
  if (text.empty()) return std::nullopt;
  double value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error == std::errc() && end == last) return value;
  throw Error(ErrorKind::kFormat, where, "'{}' is not a number",
              EscapeText(text, 40));
}

// The columns of a file by their meaning.
struct Columns {
  size_t epoch;
  size_t top1;
  std::optional<size_t> top5;
  std::optional<size_t> train_loss;
  std::optional<size_t> eval_loss;
  std::optional<size_t> skipped;
  std::optional<size_t> balanced_accuracy;
  std::optional<size_t> macro_f1;
  std::optional<size_t> map;
  std::optional<size_t> subset_accuracy;

  // The last of these. A line without its end has it whole if another
  // column follows.
  size_t Last() const {
    return std::max({epoch, top1, top5.value_or(0), train_loss.value_or(0),
                     eval_loss.value_or(0), skipped.value_or(0),
                     balanced_accuracy.value_or(0), macro_f1.value_or(0),
                     map.value_or(0), subset_accuracy.value_or(0)});
  }
};

Columns ColumnsOf(const Cells& header, const std::string& where) {
  return {Require(header, kEpoch, where),
          Require(header, kTop1, where),
          Find(header, kTop5),
          Find(header, kTrainLoss),
          Find(header, kEvalLoss),
          Find(header, kSkipped),
          Find(header, kBalanced),
          Find(header, kMacroF1),
          Find(header, kMap),
          Find(header, kSubset)};
}

Epoch ReadRow(const Columns& columns, const Cells& cells,
              const std::string& where) {
  const auto epoch = Number(cells, columns.epoch, where);
  if (!epoch) throw Error(ErrorKind::kFormat, where, "has no epoch");
  Epoch row;
  row.epoch = CheckedCount(*epoch, where, "epoch");
  row.top1 = Number(cells, columns.top1, where);
  row.top5 = Number(cells, columns.top5, where);
  row.train_loss = Number(cells, columns.train_loss, where);
  row.eval_loss = Number(cells, columns.eval_loss, where);
  CheckAccuracy(row.top1, where, "top-1");
  CheckAccuracy(row.top5, where, "top-5");
  row.balanced_accuracy = Number(cells, columns.balanced_accuracy, where);
  row.macro_f1 = Number(cells, columns.macro_f1, where);
  CheckAccuracy(row.balanced_accuracy, where, "balanced accuracy");
  CheckAccuracy(row.macro_f1, where, "macro F1");
  row.map = Number(cells, columns.map, where);
  row.subset_accuracy = Number(cells, columns.subset_accuracy, where);
  CheckAccuracy(row.map, where, "mAP");
  CheckAccuracy(row.subset_accuracy, where, "subset accuracy");
  if (const auto skipped = Number(cells, columns.skipped, where)) {
    row.skipped = CheckedCount(*skipped, where, kEvalSkippedKey);
  }
  return row;
}

// Whether the epochs count from 0, as timm's do. An assumption is noted.
bool CountsFromZero(Log& log, const fs::path& folder) {
  if (log.epochs.empty()) return false;
  const int64_t first = log.epochs.front().epoch;
  if (first == 0) return true;
  if (fs::exists(folder / kMetricsFile) || fs::exists(folder / kRecordFile)) {
    return false;  // of this program
  }
  if (fs::exists(folder / "args.yaml")) return true;  // of timm
  if (first == 1) return false;
  // Evaluated every 5 epochs, the first row of timm's is 4, of others 5.
  const int64_t interval =
      log.epochs.size() > 1 ? log.epochs[1].epoch - first : 1;
  const bool from_zero = interval == 1 || first % interval != 0;
  log.notes.push_back(
      fmt::format("its first epoch is {}, taken to count from {}", first,
                  from_zero ? "0 as in timm's logs" : "1"));
  return from_zero;
}

}  // namespace

Log ReadSummaryCsv(const fs::path& path) {
  const LogLines file = ReadLines(path);
  Log log;
  if (file.lines.empty()) {
    if (file.unended) return log;  // a run that has just started
    throw Error(ErrorKind::kFormat, path.string(),
                "is empty: expected a header with column names");
  }
  const Line& header = file.lines.front();
  const std::string header_at = LocationOf(path, header);
  const Cells names = CellsOf(header.text, header_at);
  const Columns columns = ColumnsOf(names, header_at);
  for (const Line& line : std::span(file.lines).subspan(1)) {
    if (line.text == header.text) continue;  // timm repeats it after a resume
    const std::string where = LocationOf(path, line);
    const Cells cells = CellsOf(line.text, where);
    if (cells.size() != names.size()) {
      throw Error(ErrorKind::kFormat, where, "has {} cells; the header has {}",
                  cells.size(), names.size());
    }
    Append(log, ReadRow(columns, cells, where), where);
  }
  bool truncated = file.unended.has_value();
  // Quotes may be cut off, and so may timm's repeated header.
  if (truncated && std::ranges::count(file.unended->text, '"') % 2 == 0 &&
      !header.text.starts_with(file.unended->text)) {
    const std::string where = LocationOf(path, *file.unended);
    const Cells cells = CellsOf(file.unended->text, where);
    truncated =
        cells.size() != names.size() || columns.Last() + 1 == cells.size();
    if (!truncated) Append(log, ReadRow(columns, cells, where), where);
  }
  Finish(log, truncated, CountsFromZero(log, path.parent_path()));
  return log;
}

}  // namespace wsel::run
