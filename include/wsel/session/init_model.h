#pragma once

#include <optional>

#include "wsel/nn/build.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/recipe/recipe.h"
#include "wsel/select/plan.h"

namespace wsel::session {

struct InitialisedModel {
  nn::Model model;                   // on the CPU
  std::optional<select::Plan> plan;  // of init.select
};

// Builds a recipe's model and initialises it by its section init: from
// `checkpoint` (init.file), by weight selection from `teacher` as `wsel init`
// does it, or at random. Either may be null; a teacher is used only with
// init.select. Errors: kMismatch if the checkpoint or teacher does not fit.
InitialisedModel InitModel(const recipe::Recipe& recipe,
                           const pretrained::PretrainedCheckpoint* checkpoint,
                           const pretrained::PretrainedCheckpoint* teacher);

}  // namespace wsel::session
