#pragma once

#include <string>

#include "wsel/train/fit.h"

namespace wsel::session {

// Lines about a training that has ended, in this folder: the metrics of its
// last and best weights and of the test images, and what was skipped.
std::string ResultText(const train::TrainResult& result,
                       const std::string& folder);

}  // namespace wsel::session
