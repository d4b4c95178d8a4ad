// Torch-free.
#pragma once

#include <optional>
#include <string>

#include "wsel/model/config.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/session/open_splits.h"

namespace wsel::cli {

// Parts of dry runs, which check all that can be checked without the files, and
// list missing files on stdout.

// Whether the path is missing; if so, lists it.
bool ListIfMissing(const std::string& path);

// The model of a checkpoint, unless it is given. Of a missing file: the variant
// that its name names, or nullopt. Errors: as pretrained::Open and FactsOf.
std::optional<model::Config> DryRunModel(
    const pretrained::CheckpointRequest& checkpoint);

// session::SizesOf, which lists a missing root. Errors: as there.
session::SplitSizes DryRunSizes(const data::DataOptions& options,
                                session::Splits splits);

// "512 images", or "an unknown number of images" for 0.
std::string CountText(int64_t num_images);

}  // namespace wsel::cli
