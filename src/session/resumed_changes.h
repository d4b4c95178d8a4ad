// Torch-free.
#pragma once

#include "wsel/recipe/recipe.h"

namespace wsel::session {

// Lets a resumed run change values on which its result depends in ways that can
// be stated: puts those of `now` into `saved`, the recipe that the run had, and
// logs what each means. They are the sizes of micro-batches and of evaluation's
// batches (rounding), the interval of evaluations, and more epochs. The warmup
// stays as it was. Returns whether there were any.
bool AcceptChanges(recipe::Recipe& saved, recipe::Recipe& now);

}  // namespace wsel::session
