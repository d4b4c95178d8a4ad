#include "labels_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "folder_layout.h"
#include "image_files.h"
#include "wsel/checkpoint/format_error.h"
#include "wsel/core/csv.h"
#include "wsel/core/error.h"
#include "wsel/core/split.h"
#include "wsel/core/text_file.h"

namespace wsel::data {
namespace {

using Names = std::span<const std::string_view>;
constexpr std::string_view kFile[] = {"file", "filename", "file_name", "image",
                                      "path"};
constexpr std::string_view kLabel[] = {"label", "class"};
constexpr std::string_view kSplit[] = {"split"};

// The columns of a file by their meaning.
struct Columns {
  size_t file = 0;
  size_t label = 1;
  std::optional<size_t> split = std::nullopt;
  size_t count = 2;
};

std::string Lower(std::string_view text) {
  std::string lower;
  for (const char c : Trim(text)) {
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return lower;
}

std::optional<size_t> Find(const std::vector<std::string>& cells, Names names) {
  for (size_t i = 0; i < cells.size(); ++i) {
    if (std::ranges::find(names, Lower(cells[i])) != names.end()) return i;
  }
  return std::nullopt;
}

// The columns that a header names; nothing if the line is none.
std::optional<Columns> HeaderOf(const std::vector<std::string>& cells,
                                const std::string& where) {
  const auto file = Find(cells, kFile);
  const auto label = Find(cells, kLabel);
  if (file && label) {
    return Columns{*file, *label, Find(cells, kSplit), cells.size()};
  }
  if (cells.size() == 2 && !file && !label) return std::nullopt;
  throw Error(ErrorKind::kFormat, where,
              "has no column of {}: one is called {}; its columns are {}",
              file ? "labels" : "files",
              file ? fmt::format("{}", fmt::join(Names(kLabel), " or "))
                   : fmt::format("{}", fmt::join(Names(kFile), ", ")),
              checkpoint::Quoted(fmt::format("{}", fmt::join(cells, ", "))));
}

Split SplitNamed(std::string_view text, const std::string& where) {
  const std::string name = Lower(text);
  if (name == "train") return Split::kTrain;
  if (name == "test") return Split::kTest;
  if (std::ranges::find(kValFolders, name) != kValFolders.end()) {
    return Split::kVal;
  }
  throw Error(ErrorKind::kFormat, where,
              "{} is not a split; known: train, val, valid, validation, test",
              checkpoint::Quoted(name));
}

LabelRow RowOf(const std::vector<std::string>& cells, const Columns& columns,
               const std::string& where) {
  if (cells.size() != columns.count) {
    throw Error(ErrorKind::kFormat, where, "has {} cells; expected {}",
                cells.size(), columns.count);
  }
  const std::filesystem::path file =
      CheckedName(Trim(cells[columns.file]), where);
  LabelRow row{.file = file.lexically_normal().string(),
               .label = std::string(Trim(cells[columns.label])),
               .where = where};
  if (row.label.empty()) {
    throw Error(ErrorKind::kFormat, where, "has no label");
  }
  if (columns.split) row.split = SplitNamed(cells[*columns.split], where);
  return row;
}

// An image with two labels would be trained on with both, or on both sides of
// a split.
void CheckDistinct(const std::vector<LabelRow>& rows) {
  std::unordered_map<std::string_view, const LabelRow*> seen;
  for (const LabelRow& row : rows) {
    const auto [first, is_new] = seen.try_emplace(row.file, &row);
    if (is_new) continue;
    throw Error(ErrorKind::kFormat, row.where,
                "{} is listed twice, first at {}; remove one of the rows",
                checkpoint::Quoted(row.file), first->second->where);
  }
}

}  // namespace

Labels ReadLabels(const std::filesystem::path& path) {
  const std::string text = ReadText(path);
  Labels labels;
  std::optional<Columns> columns;
  size_t number = 0;
  for (std::string_view line : wsel::Split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (Trim(line).empty()) continue;
    const std::string where = fmt::format("{}:{}", path.string(), number);
    const auto cells = CsvCells(line, where);
    if (!columns) {
      const auto header = HeaderOf(cells, where);
      columns = header.value_or(Columns{});
      if (header) continue;
    }
    labels.rows.push_back(RowOf(cells, *columns, where));
  }
  if (labels.rows.empty()) {
    throw Error(ErrorKind::kFormat, path.string(), "lists no images");
  }
  CheckDistinct(labels.rows);
  labels.has_splits = columns->split.has_value();
  return labels;
}

OtherSplits SplitsOf(const Labels& labels, bool val_is_test) {
  const auto has = [&](Split split) {
    return std::ranges::find(labels.rows, split, &LabelRow::split) !=
           labels.rows.end();
  };
  const bool val = has(Split::kVal);
  const bool test = has(Split::kTest);
  return {.val = val && test && !val_is_test, .test = val || test};
}

}  // namespace wsel::data
