#pragma once

#include <c10/core/Device.h>

#include <optional>

#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/recipe/recipe.h"
#include "wsel/session/init_model.h"
#include "wsel/session/open_splits.h"
#include "wsel/session/train_teacher.h"
#include "wsel/train/fit.h"
#include "wsel/train/run_folder.h"

namespace wsel::session {

// A training run between its recipe and train::Fit. The functions below are
// called in this order, cheap checks first, and each fills in its part.
struct TrainRun {
  recipe::Recipe recipe;
  c10::Device device = c10::kCPU;
  bool resumes = false;  // from a saved state
  std::optional<TrainTeacher> teacher;
  std::optional<pretrained::PretrainedCheckpoint> checkpoint;  // init.file
  DataSplits splits;
};

// Opens the teacher and, if the folder has a state to resume from, compares the
// recipe with that run's. Errors: kUsage if the folder holds a run and `resume`
// is not set; as OpenTeacher and CheckResumeConfig.
TrainRun BeginRun(recipe::Recipe recipe, const c10::Device& device,
                  const train::RunFolder& folder, bool resume);

// Resolves the recipe for the device and the data set, and opens the initial
// checkpoint and the data. `memory` as for ResolveAutoOptions. Errors: as
// OpenInitCheckpoint, OpenSplits and SetClasses.
void OpenInputs(TrainRun& run, int64_t memory);

// The initialised model, on the device; an arbitrary one if the run resumes.
// Closes the initial checkpoint. Errors: as InitModel.
InitialisedModel MakeModel(TrainRun& run);

// What training needs besides the model. Closes the teacher's file. Errors: as
// MakeTeacher.
train::TrainJob MakeJob(TrainRun& run);

}  // namespace wsel::session
