#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wsel/nn/build.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/recipe/recipe.h"
#include "wsel/select/plan.h"

namespace wsel::session {

// Opens the checkpoint that a run is initialised from (init.file) unless it is
// `opened` already, logs what is known of it, and warns if its weights were
// trained with another mean, std, crop, interpolation, LayerNorm eps or
// activation. Errors: as pretrained::RequireModel; kMismatch for unexpected or
// missing keys other than the classifier's.
pretrained::PretrainedCheckpoint OpenInitCheckpoint(
    const recipe::Recipe& recipe,
    std::optional<pretrained::PretrainedCheckpoint> opened = std::nullopt);

// The plan of init.select, for a dry run: computes no student. Without the
// calibration images as PlanWithoutImages. Errors: as InitModel.
std::optional<select::Plan> PlanInit(
    const recipe::Recipe& recipe,
    const pretrained::PretrainedCheckpoint& teacher,
    const std::vector<std::string>& classes);

struct InitialisedModel {
  nn::Model model;                   // on the CPU
  std::optional<select::Plan> plan;  // of init.select
};

// Builds a recipe's model and initialises it by its section init: from
// `checkpoint` (init.file), by weight selection from `teacher` as `wsel init`
// does it, or at random. Either may be null; a teacher is used only with
// init.select. A classifier that is kept is matched to the data set's
// `classes`; one with other names is kept only where that is asked for. Errors:
// kMismatch if the checkpoint or teacher does not fit.
InitialisedModel InitModel(const recipe::Recipe& recipe,
                           const pretrained::PretrainedCheckpoint* checkpoint,
                           const pretrained::PretrainedCheckpoint* teacher,
                           const std::vector<std::string>& classes);

}  // namespace wsel::session
