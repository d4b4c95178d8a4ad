// Torch-free.
#pragma once

#include <optional>
#include <string>

#include "wsel/cli/data_sets.h"
#include "wsel/cli/weights.h"

namespace wsel::cli {

// Whether the path is absent; then it is listed on stdout.
bool ListIfAbsent(const std::string& path);

// Parts of dry runs, which check all that can be checked without the files:
// those that are not there are listed on stdout.

// The model of a checkpoint: of the file where it is there, else of a known
// name that the file has, else nobody knows. Errors: as OpenWeights and
// RequireModel.
std::optional<model::Config> DryRunModel(const std::string& path);

// Sizes of the test pictures' data set, and of the training pictures' too where
// they are wanted: from the files where `options.root` is there, else from the
// table of data sets. Errors: as OpenDataSets.
enum class Splits { kTest, kBoth };
DataSizes DryRunSizes(const data::DataOptions& options, Splits splits);

// "512 pictures", or "an unknown number of pictures".
std::string CountText(int64_t pictures);

}  // namespace wsel::cli
