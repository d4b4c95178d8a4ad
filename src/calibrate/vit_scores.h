#pragma once

#include "score_table.h"
#include "wsel/calibrate/images.h"
#include "wsel/model/vit_config.h"

namespace wsel::calibrate {

// ActivationScores of a ViT; `config` is the reference's.
ScoreTable VitScores(const Reference& reference, const model::VitConfig& config,
                     const Images& images);

}  // namespace wsel::calibrate
