// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "wsel/data/open_dataset.h"

namespace wsel::data {

// A row of a file of labels.
struct LabelRow {
  std::string file;  // relative to the data set's folder, with / and no ..
  std::string label;
  Split split = Split::kTrain;
  std::string where;  // "labels.csv:17"
};

struct Labels {
  std::vector<LabelRow> rows;
  bool has_splits = false;  // there is a column of splits
};

// Reads a CSV (RFC 4180) of files and labels. Its header, if there is one,
// names a column of files (file, filename, file_name, image or path), one of
// labels (label or class) and, optionally, one of splits (split: train, val,
// valid, validation or test); case does not matter, and other columns are
// ignored. Without a header the two columns are file and label. Errors: kIo;
// kFormat naming file and line: a row with another number of cells, an empty
// cell, a file outside the folder or listed twice, an unknown split, no rows.
Labels ReadLabels(const std::filesystem::path& path);

// The splits that the rows have beside the training split. `val_is_test`: as in
// OpenOptions.
OtherSplits SplitsOf(const Labels& labels, bool val_is_test);

}  // namespace wsel::data
