// Torch-free.
#pragma once

#include <cstdint>

#include "wsel/recipe/recipe.h"

namespace wsel::session {

// Lowers a batch size that nothing gave to the largest that so many training
// images fill and `ranks` can share, and with it a mixup group that nothing
// gave; logs both. A given batch size stays, and is an error later.
void LowerBatch(recipe::Recipe& recipe, int64_t images, int ranks);

// The sizes of a run that resumes, where nothing gives others: `saved` may have
// lowered them.
void AdoptLoweredBatch(const recipe::Recipe& saved, recipe::Recipe& recipe);

}  // namespace wsel::session
