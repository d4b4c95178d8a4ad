// Torch-free.
#pragma once

#include <cstdint>

#include "wsel/data/dataset.h"
#include "wsel/data/options.h"

namespace wsel::cli {

// The two splits as a run sees them: ranges, classes, subset and cache applied.
struct DataSets {
  data::Dataset train;
  data::Dataset test;
};
DataSets OpenDataSets(const data::DataOptions& options);

// The test split alone, for evaluation.
data::Dataset OpenTestSet(const data::DataOptions& options);

// What the table of data sets says of the same, for a dry run.
struct DataSizes {
  int64_t train = 0;  // 0: nobody knows without the files
  int64_t test = 0;
  int64_t classes = 0;
};
DataSizes SizesWithoutFiles(const data::DataOptions& options);

}  // namespace wsel::cli
