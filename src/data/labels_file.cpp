#include "labels_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "folder_layout.h"
#include "image_files.h"
#include "label_cells.h"
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
constexpr std::string_view kLabels[] = {"label", "class", "labels", "classes",
                                        "tags"};
constexpr std::string_view kSplit[] = {"split"};

// The columns of a file by their meaning.
struct Columns {
  size_t file = 0;
  size_t label = 1;
  std::optional<size_t> split = std::nullopt;
  size_t count = 2;
  // MultiLabel::kColumns: the class of each column, "" of others.
  std::vector<std::string> classes = {};
};

// A line of the file, and its position for messages.
struct Line {
  std::vector<std::string> cells;
  std::string where;
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
std::optional<Columns> HeaderOf(const Line& line, Names label_names) {
  const auto& cells = line.cells;
  const auto file = Find(cells, kFile);
  const auto label = Find(cells, label_names);
  if (file && label) {
    return Columns{*file, *label, Find(cells, kSplit), cells.size()};
  }
  if (cells.size() == 2 && !file && !label) return std::nullopt;
  throw Error(
      ErrorKind::kFormat, line.where,
      "has no column of {}: one is called {}; its columns are {}{}",
      file ? "labels" : "files",
      file ? fmt::format("{}", fmt::join(label_names, " or "))
           : fmt::format("{}", fmt::join(Names(kFile), ", ")),
      checkpoint::Quoted(fmt::format("{}", fmt::join(cells, ", "))),
      file ? ". Columns of 0 and 1 for each class need `multi_label` columns"
           : "");
}

// Of a header with the classes as its other columns.
Columns ClassColumnsOf(const Line& header) {
  const auto& cells = header.cells;
  const auto file = Find(cells, kFile);
  if (!file) {
    throw Error(ErrorKind::kFormat, header.where,
                "has no column of files: one is called {}",
                fmt::join(Names(kFile), ", "));
  }
  Columns columns{*file, *file, Find(cells, kSplit), cells.size()};
  std::vector<std::string> names;
  for (size_t i = 0; i < cells.size(); ++i) {
    const bool is_class = i != columns.file && i != columns.split;
    columns.classes.emplace_back(is_class ? Trim(cells[i]) : "");
    if (!is_class) continue;
    if (columns.classes.back().empty()) {
      throw Error(ErrorKind::kFormat, header.where,
                  "names no class in its column {}", i + 1);
    }
    names.push_back(columns.classes.back());
  }
  if (names.empty()) {
    throw Error(ErrorKind::kFormat, header.where, "has no columns of classes");
  }
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice == names.end()) return columns;
  throw Error(ErrorKind::kFormat, header.where, "has two columns {}",
              checkpoint::Quoted(*twice));
}

// Whether kAuto takes the columns of a file for classes.
bool HasClassColumns(const Line& header) {
  return Find(header.cells, kFile) && !Find(header.cells, kLabels);
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

void CheckCount(const Line& line, const Columns& columns) {
  if (line.cells.size() == columns.count) return;
  throw Error(ErrorKind::kFormat, line.where, "has {} cells; expected {}",
              line.cells.size(), columns.count);
}

std::vector<std::string> LabelsOf(const Line& line, const Columns& columns,
                                  MultiLabel form) {
  if (form != MultiLabel::kColumns) {
    return LabelsInCell(line.cells[columns.label], form);
  }
  std::vector<std::string> labels;
  for (size_t i = 0; i < columns.count; ++i) {
    const std::string& name = columns.classes[i];
    if (name.empty() || !IsLabelled(line.cells[i], name, line.where)) continue;
    labels.push_back(name);
  }
  std::ranges::sort(labels);
  return labels;
}

// Without labels.
LabelRow FileRowOf(const Line& line, const Columns& columns) {
  CheckCount(line, columns);
  const std::filesystem::path file =
      CheckedName(Trim(line.cells[columns.file]), line.where);
  LabelRow row{.file = file.lexically_normal().string(),
               .label = "",
               .where = line.where};
  if (columns.split) {
    row.split = SplitNamed(line.cells[*columns.split], line.where);
  }
  return row;
}

LabelRow RowOf(const Line& line, const Columns& columns, MultiLabel form) {
  LabelRow row = FileRowOf(line, columns);
  if (form != MultiLabel::kOff) {
    row.labels = LabelsOf(line, columns, form);
  } else {
    row.label = Trim(line.cells[columns.label]);
    if (row.label.empty()) {
      throw Error(ErrorKind::kFormat, line.where, "has no label");
    }
  }
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

// The lines of a file but empty ones. Their cells are read one line at a time:
// those of all lines would take many times the memory of the file.
class Lines {
 public:
  // Errors: kIo.
  explicit Lines(const std::filesystem::path& path)
      : path_(path.string()), whole_(ReadText(path)) {
    std::string_view text = whole_;
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // Excel's
    if (text.starts_with(kByteOrderMark)) {
      text.remove_prefix(kByteOrderMark.size());
    }
    size_t number = 0;
    for (std::string_view line : wsel::Split(text, '\n')) {
      ++number;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!Trim(line).empty()) lines_.emplace_back(line, number);
    }
  }
  Lines(const Lines&) = delete;  // lines_ point into whole_
  Lines& operator=(const Lines&) = delete;

  size_t size() const { return lines_.size(); }

  // Errors: as CsvCells.
  Line operator[](size_t i) const {
    const auto& [text, number] = lines_.at(i);
    std::string where = fmt::format("{}:{}", path_, number);
    auto cells = CsvCells(text, where);
    return {std::move(cells), std::move(where)};
  }

 private:
  std::string path_;
  std::string whole_;
  std::vector<std::pair<std::string_view, size_t>> lines_;
};

// kAuto: what the file has. `first`: the first line after the header.
MultiLabel FormOf(MultiLabel form, const Lines& lines, size_t first,
                  const Columns& columns) {
  if (form != MultiLabel::kAuto) return form;
  if (!columns.classes.empty()) return MultiLabel::kColumns;
  std::vector<std::string> cells;
  for (size_t i = first; i < lines.size(); ++i) {
    Line line = lines[i];
    CheckCount(line, columns);
    cells.push_back(std::move(line.cells[columns.label]));
  }
  return SeparatedForm(cells);
}

// The columns that the first line names; nothing if it is a row.
std::optional<Columns> ColumnsNamedBy(const Line& line, MultiLabel form) {
  const bool by_columns = form == MultiLabel::kColumns ||
                          (form == MultiLabel::kAuto && HasClassColumns(line));
  if (by_columns) return ClassColumnsOf(line);
  return HeaderOf(line,
                  form == MultiLabel::kOff ? Names(kLabel) : Names(kLabels));
}

void CheckHasLabels(const Labels& labels, const std::string& where) {
  if (!labels.multi_label()) return;
  const bool any = std::ranges::any_of(
      labels.rows, [](const LabelRow& row) { return !row.labels.empty(); });
  if (any) return;
  throw Error(ErrorKind::kFormat, where, "has no label in any of its {} rows",
              labels.rows.size());
}

}  // namespace

Labels ReadLabels(const std::filesystem::path& path, MultiLabel form) {
  const Lines lines(path);
  Labels labels;
  std::optional<Columns> header;
  if (lines.size() > 0) header = ColumnsNamedBy(lines[0], form);
  const Columns columns = header.value_or(Columns{});
  const size_t first = header ? 1 : 0;
  labels.form = FormOf(form, lines, first, columns);
  for (size_t i = first; i < lines.size(); ++i) {
    labels.rows.push_back(RowOf(lines[i], columns, labels.form));
  }
  if (labels.rows.empty()) {
    throw Error(ErrorKind::kFormat, path.string(), "lists no images");
  }
  CheckDistinct(labels.rows);
  CheckHasLabels(labels, path.string());
  labels.has_splits = columns.split.has_value();
  std::ranges::copy_if(columns.classes, std::back_inserter(labels.columns),
                       [](const std::string& name) { return !name.empty(); });
  return labels;
}

std::optional<Labels> ReadUnlabelled(const std::filesystem::path& path) {
  const Lines lines(path);
  if (lines.size() == 0) return std::nullopt;
  const Line header = lines[0];
  const auto file = Find(header.cells, kFile);
  if (Find(header.cells, kLabels) || (!file && header.cells.size() != 1)) {
    return std::nullopt;
  }
  const Columns columns{file.value_or(0), 0, Find(header.cells, kSplit),
                        header.cells.size()};
  Labels list;
  for (size_t i = file ? 1 : 0; i < lines.size(); ++i) {
    list.rows.push_back(FileRowOf(lines[i], columns));
  }
  if (list.rows.empty()) {
    throw Error(ErrorKind::kFormat, path.string(), "lists no images");
  }
  CheckDistinct(list.rows);
  list.has_splits = columns.split.has_value();
  return list;
}

OtherSplits SplitsOf(const Labels& labels, bool val_is_test) {
  const auto has = [&](Split split) {
    return std::ranges::find(labels.rows, split, &LabelRow::split) !=
           labels.rows.end();
  };
  const bool val = has(Split::kVal);
  const bool test = has(Split::kTest);
  return {.val = val && test && !val_is_test,
          .test = val || test,
          .lacks_val = test && !val};
}

}  // namespace wsel::data
