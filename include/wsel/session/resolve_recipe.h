#pragma once

#include <c10/core/Device.h>

#include <cstdint>

#include "wsel/recipe/recipe.h"
#include "wsel/run/run_folder.h"

namespace wsel::session {

// What a recipe leaves open and a run decides.

// Replaces `auto` precision and batch sizes of 0 by values for the device and
// its free memory. Errors: kConfig.
void ResolveAutoOptions(recipe::Recipe& recipe, const c10::Device& device);

// Checks that a run is resumed with the recipe that it was started with, and
// restores the values that were resolved automatically. Errors: kConfig with
// the differences.
void CheckResumeConfig(recipe::Recipe& recipe, const run::RunFolder& folder);

// Sets the model's number of classes to the data set's. Errors: kMismatch if
// the recipe gives another number.
void SetClasses(recipe::Recipe& recipe, int64_t classes);

}  // namespace wsel::session
