#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/distributed/process_group.h"
#include "wsel/recipe/recipe.h"
#include "wsel/run/run_folder.h"

namespace wsel::session {

// What a recipe leaves open and a run decides.

// How a run is divided among ranks.
struct RankCount {
  int all = 1;
  int here = 1;  // on this machine; on a CPU they share its memory
};
RankCount RanksOf(const distributed::ProcessGroup* group);

// Replaces `auto` precision and batch sizes of 0 by values for the device, its
// free memory and each rank's share of the batch. Errors: kConfig, also if the
// ranks cannot share the batch equally.
void ResolveAutoOptions(recipe::Recipe& recipe, const c10::Device& device,
                        const RankCount& ranks = {});

// Checks that a run is resumed with the recipe that it was started with, and
// restores the values that were resolved automatically; a micro-batch that
// `ranks` cannot share is resolved again. Batches in memory, the interval of
// evaluations and the number of epochs, if it rises, may differ: then it logs
// what that means, and returns true, so that the run's configuration is to be
// written again. Errors: kConfig with the other differences.
bool CheckResumeConfig(recipe::Recipe& recipe, const run::RunFolder& folder,
                       int ranks = 1);

// Sets the model's number of classes to the data set's. Errors: kMismatch if
// the recipe gives another number.
void SetClasses(recipe::Recipe& recipe, int64_t classes);

// Checks that class weights that are given are those of the data set's classes,
// unless these are unknown. Errors: as train::WeightsOf.
void CheckClassWeights(const recipe::Recipe& recipe,
                       const std::vector<std::string>& classes);

}  // namespace wsel::session
