#pragma once

#include "score_table.h"
#include "wsel/calibrate/images.h"
#include "wsel/calibrate/reference.h"

namespace wsel::calibrate {

// ActivationScores of a ViT.
ScoreTable VitScores(const Reference& reference, const Images& images);

}  // namespace wsel::calibrate
