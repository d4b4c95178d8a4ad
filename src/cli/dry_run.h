// Torch-free.
#pragma once

#include <optional>
#include <string>

#include "open_splits.h"
#include "pretrained.h"

namespace wsel::cli {

// Parts of dry runs, which check all that can be checked without the files, and
// list missing files on stdout.

// Whether the path is missing; if so, lists it.
bool ListIfMissing(const std::string& path);

// The model of a checkpoint. Of a missing file: the variant that its name
// names, or nullopt. Errors: as OpenPretrained and RequireModel.
std::optional<model::Config> DryRunModel(const std::string& path);

// Numbers of images in the test split, and also in the training split for
// kBoth: from the files if `options.root` exists, else as documented.
// Errors: as OpenSplits.
enum class Splits { kTest, kBoth };
SplitSizes DryRunSizes(const data::DataOptions& options, Splits splits);

// "512 images", or "an unknown number of images" for 0.
std::string CountText(int64_t num_images);

}  // namespace wsel::cli
