// Torch-free.
#pragma once

#include <optional>
#include <string>

#include "wsel/model/config.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/session/open_splits.h"
#include "wsel/session/print.h"

namespace wsel::session {

// Parts of dry runs, which check all that can be checked without the files, and
// print missing files.

// Whether the path is missing; if so, prints it.
bool ListIfMissing(const std::string& path, const Print& print);

// The model of a checkpoint, unless it is given. Of a missing file: the variant
// that its name names, or nullopt. Errors: as pretrained::Open and FactsOf.
std::optional<model::Config> DryRunModel(
    const pretrained::CheckpointRequest& checkpoint, const Print& print);

// SizesOf, which prints a missing root. Errors: as there.
SplitSizes DryRunSizes(const data::DataOptions& options, Splits splits,
                       const Print& print);

// "512 images", or "an unknown number of images" for 0.
std::string CountText(int64_t num_images);

}  // namespace wsel::session
