// Torch-free.
#pragma once

#include <optional>

#include "readers.h"

namespace wsel::data {

// The training images of a data set of folders without labels
// (OpenOptions::labels_optional); nothing if it has some. Errors: as
// OpenDataset.
std::optional<Dataset> OpenUnlabelled(const OpenRequest& request);

}  // namespace wsel::data
