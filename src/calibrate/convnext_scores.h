#pragma once

#include "score_table.h"
#include "wsel/calibrate/images.h"
#include "wsel/calibrate/reference.h"

namespace wsel::calibrate {

// ActivationScores of a ConvNeXt of either version.
ScoreTable ConvNextScores(const Reference& reference, const Images& images);

}  // namespace wsel::calibrate
