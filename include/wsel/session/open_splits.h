// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/data/dataset.h"
#include "wsel/data/options.h"

namespace wsel::session {

// The splits of a data set, with range, classes, subset and cache applied.
struct DataSplits {
  data::Dataset train;
  data::Dataset test;
};
// Errors: kUsage, kConfig for the options; kIo, kFormat for the files.
DataSplits OpenSplits(const data::DataOptions& options);

// Only the training split. Errors: as OpenSplits.
data::Dataset OpenTrainSplit(const data::DataOptions& options);
// Only the test split, for evaluation. Errors: as OpenSplits.
data::Dataset OpenTestSplit(const data::DataOptions& options);

// Numbers of images and classes.
struct SplitSizes {
  int64_t train = 0;  // 0: unknown without the files
  int64_t test = 0;
  int64_t classes = 0;
  std::vector<std::string> class_names = {};  // "" each if they are unknown
};
// As the data set is documented, without reading it, for a dry run.
// Errors: kConfig, kUsage for the options.
SplitSizes SizesWithoutFiles(const data::DataOptions& options);

// Of the test split, and also of the training split for kBoth: from the files
// if `options.root` exists, else as documented. Errors: as OpenSplits.
enum class Splits { kTest, kBoth };
SplitSizes SizesOf(const data::DataOptions& options, Splits splits);

}  // namespace wsel::session
