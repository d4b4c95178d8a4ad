// Data sets of files that a CSV lists with their labels.
#include "listed_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "image_files.h"
#include "labels_file.h"
#include "list_file.h"
#include "readers.h"
#include "wsel/checkpoint/format_error.h"
#include "wsel/core/error.h"
#include "wsel/core/parallel.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;

// The split with the rows that are read as `split`.
Split RowsReadAs(Split split, const Labels& labels, bool val_is_test) {
  if (split != Split::kTest || SplitsOf(labels, val_is_test).val) return split;
  // The only one of both, or what version 0.1 would take.
  const bool prefers_val =
      std::ranges::find(labels.rows, Split::kVal, &LabelRow::split) !=
      labels.rows.end();
  return prefers_val ? Split::kVal : Split::kTest;
}

// The names that `row` adds to the classes.
void AddNames(const LabelRow& row, const Labels& labels,
              std::vector<std::string>& names) {
  if (!labels.multi_label()) return names.push_back(row.label);
  names.insert(names.end(), row.labels.begin(), row.labels.end());
}

// The classes of each row, ascending. Errors: as LabelsOf, at the row.
std::vector<std::vector<int32_t>> LabelSetsOf(
    const std::vector<const LabelRow*>& rows,
    const std::vector<std::string>& classes) {
  // Columns of a file are in its order, and LabelsOf needs the sorted one.
  const std::vector<std::string> sorted = SortedUnique(classes);
  std::unordered_map<std::string_view, int32_t> place;
  for (const std::string& name : classes) {
    place.emplace(name, static_cast<int32_t>(place.size()));
  }
  std::vector<std::vector<int32_t>> sets;
  for (const LabelRow* row : rows) {
    auto& set = sets.emplace_back(LabelsOf(row->labels, sorted, row->where));
    for (int32_t& label : set) {
      label = place.at(sorted[static_cast<size_t>(label)]);
    }
    std::ranges::sort(set);
  }
  return sets;
}

// What was taken for the labels of an image, where that was not given.
std::string NoteOf(const Labels& labels, const OpenOptions& options) {
  if (options.multi_label != MultiLabel::kAuto) return "";
  const auto without = std::ranges::count_if(
      labels.rows, [](const LabelRow& row) { return row.labels.empty(); });
  return fmt::format(
      "{} of the {} images listed have no label; the labels are read as {} "
      "(data.multi_label: {})",
      without, labels.rows.size(), MultiLabels().NameOf(labels.form),
      MultiLabels().Choices());
}

}  // namespace

void RequireFiles(const std::vector<const LabelRow*>& rows,
                  const fs::path& root) {
  std::vector<char> missing(rows.size());
  // In parallel, since network file systems have a high latency.
  ParallelFor(rows.size(), [&](size_t i) {
    std::error_code ignored;
    missing[i] = fs::is_regular_file(root / rows[i]->file, ignored) ? 0 : 1;
  });
  constexpr size_t kShown = 3;
  std::vector<std::string> shown;
  for (size_t i = 0; i < rows.size() && shown.size() < kShown; ++i) {
    if (missing[i] == 0) continue;
    shown.push_back(fmt::format("{} ({})", checkpoint::Quoted(rows[i]->file),
                                rows[i]->where));
  }
  if (shown.empty()) return;
  throw Error(
      ErrorKind::kIo, root.string(),
      "lacks {} of the {} files that are listed: {}{}. Names are "
      "relative to this folder, with their extensions",
      std::ranges::count(missing, 1), rows.size(), fmt::join(shown, ", "),
      std::ranges::count(missing, 1) > static_cast<std::ptrdiff_t>(shown.size())
          ? ", ..."
          : "");
}

Dataset OpenListedFiles(OpenRequest& request) {
  const Labels labels =
      ReadLabels(request.options.labels, request.options.multi_label);
  const Split wanted =
      RowsReadAs(request.split, labels, request.options.val_is_test);
  std::vector<const LabelRow*> rows;
  std::vector<std::string> training;  // labels
  std::vector<std::string> present;
  for (const LabelRow& row : labels.rows) {
    if (row.split == Split::kTrain) AddNames(row, labels, training);
    // Without a column of splits all rows are the training split, or all are
    // evaluated.
    const bool is_read =
        labels.has_splits ? row.split == wanted : request.split != Split::kVal;
    if (!is_read) continue;
    rows.push_back(&row);
    AddNames(row, labels, present);
  }
  if (rows.empty()) {
    throw Error(ErrorKind::kFormat, request.options.labels,
                "has no rows of the split {}", NameOf(request.split));
  }
  RequireFiles(rows, request.root);
  const bool partial = !labels.has_splits || training.empty();
  const auto classes =
      !labels.columns.empty()
          ? labels.columns
          : SortedUnique(training.empty() ? present : std::move(training));
  LabelledNames images;
  images.labels = labels.multi_label()
                      ? std::vector<int32_t>(rows.size())
                      : LabelsOf(present, classes, request.options.labels);
  for (const LabelRow* row : rows) images.names.push_back(row->file);
  Dataset set =
      DatasetOfFiles(request.Name(), classes, request.root, std::move(images));
  set.partial_classes = partial && labels.columns.empty() && !request.train();
  if (!labels.multi_label()) return set;
  set.label_sets = LabelSetsOf(rows, classes);
  set.note = NoteOf(labels, request.options);
  return set;
}

}  // namespace wsel::data
