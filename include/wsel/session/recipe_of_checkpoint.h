// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::session {

// What is known of a checkpoint, as overrides of a recipe
// (recipe::WithDefaults): its model, but for the number of classes, and the
// mean, standard deviation, crop and interpolation of its images. Errors: as
// pretrained::FactsOf and RequireKnownHeads.
std::vector<std::string> RecipeOfCheckpoint(
    const pretrained::PretrainedCheckpoint& checkpoint);

// Whether a checkpoint's weights were trained, as published ones and those of
// runs were: not those of a student that `wsel init` wrote.
bool WasTrained(const pretrained::PretrainedCheckpoint& checkpoint);

}  // namespace wsel::session
