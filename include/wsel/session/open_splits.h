// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wsel/data/dataset.h"
#include "wsel/data/options.h"

namespace wsel::session {

// The splits of a data set, with range, classes, subset and cache applied.
struct DataSplits {
  data::Dataset train;
  data::Dataset test;  // empty if there is none, but validation images
  // That choose the best weights (data::Validation); none: the test split does.
  std::optional<data::Dataset> val = std::nullopt;
};
// Errors: kUsage, kConfig for the options; kIo, kFormat for the files.
DataSplits OpenSplits(const data::DataOptions& options);

// Only the training split, without the images that are held out. Errors: as
// OpenSplits.
data::Dataset OpenTrainSplit(const data::DataOptions& options);
// Only the test split, for evaluation; of a data set without one what
// options.val_split holds out. Errors: as OpenSplits.
data::Dataset OpenTestSplit(const data::DataOptions& options);

// The share of training images that is held out where it is not given and a
// data set of folders or listed files has no validation images. Data sets with
// a published test split have none held out: the paper validates on that.
inline constexpr double kDefaultValSplit = 0.1;
// Sets options.val_split to it in that case, if the folder exists, and logs
// that. Not for a run that resumes: it keeps what it began with. Errors: as
// OpenSplits.
void ResolveValSplit(data::DataOptions& options);

// Numbers of images and classes.
struct SplitSizes {
  int64_t train = 0;  // 0: unknown without the files
  int64_t test = 0;
  int64_t classes = 0;
  int64_t val = 0;                            // 0: none, or unknown
  std::vector<std::string> class_names = {};  // "" each if they are unknown
  bool partial_classes = false;               // as data::Dataset's, of test
};
// As the data set is documented, without reading it, for a dry run.
// Errors: kConfig, kUsage for the options.
SplitSizes SizesWithoutFiles(const data::DataOptions& options);

// Of opened splits.
SplitSizes SizesOf(const DataSplits& splits);

// Of the test split, and also of those of a training for kBoth: from the files
// if `options.root` exists, else as documented. Errors: as OpenSplits.
enum class Splits { kTest, kBoth };
SplitSizes SizesOf(const data::DataOptions& options, Splits splits);

}  // namespace wsel::session
