// Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wsel/data/multi_label.h"
#include "wsel/data/open_dataset.h"

namespace wsel::data {

// A row of a file of labels.
struct LabelRow {
  std::string file;   // relative to the data set's folder, with / and no ..
  std::string label;  // "" if an image may have several
  std::vector<std::string> labels = {};  // then, sorted; it may have none
  Split split = Split::kTrain;
  std::string where;  // "labels.csv:17"
};

struct Labels {
  std::vector<LabelRow> rows;
  bool has_splits = false;  // there is a column of splits
  // kOff, or how the file gives several labels; never kAuto.
  MultiLabel form = MultiLabel::kOff;
  std::vector<std::string> columns = {};  // kColumns: the classes, in order

  bool multi_label() const { return form != MultiLabel::kOff; }
};

// Reads a CSV (RFC 4180) of files and labels. Its header, if there is one,
// names a column of files (file, filename, file_name, image or path), one of
// labels (label or class) and, optionally, one of splits (split: train, val,
// valid, validation or test); case does not matter, and other columns are
// ignored. Without a header the two columns are file and label.
//
// With another `form` than kOff an image has any number of labels: the column
// of labels may also be called labels, classes or tags, and its cells may be
// empty; of kColumns there is a header, and each column but those of files and
// splits is a class, with 0 or 1.
//
// Errors: kIo; kFormat naming file and line: a row with another number of
// cells, an empty cell, a file outside the folder or listed twice, an unknown
// split, a column of a class with anything but 0 and 1, no rows, no labels.
Labels ReadLabels(const std::filesystem::path& path,
                  MultiLabel form = MultiLabel::kOff);

// Reads a CSV that lists files without labels: one column, or a header with a
// column of files and none of labels (label, class, labels, classes, tags);
// splits as in ReadLabels, other columns are ignored. Nothing if it has labels
// or no lines. Errors: as ReadLabels.
std::optional<Labels> ReadUnlabelled(const std::filesystem::path& path);

// The splits that the rows have beside the training split. `val_is_test`: as in
// OpenOptions.
OtherSplits SplitsOf(const Labels& labels, bool val_is_test);

}  // namespace wsel::data
