#pragma once

#include <c10/core/Device.h>

#include <optional>
#include <string>
#include <vector>

#include "wsel/distributed/process_group.h"
#include "wsel/kernels/kernel_record.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/recipe/recipe.h"
#include "wsel/run/run_folder.h"
#include "wsel/run/trackers.h"
#include "wsel/session/init_model.h"
#include "wsel/session/open_splits.h"
#include "wsel/session/train_teacher.h"
#include "wsel/train/fit.h"

namespace wsel::session {

// A training run between its recipe and train::Fit. The functions below are
// called in this order, cheap checks first, and each fills in its part.
struct TrainRun {
  recipe::Recipe recipe;
  c10::Device device = c10::kCPU;
  distributed::ProcessGroup* group = nullptr;  // null: a single rank
  bool resumes = false;                        // from a saved state
  bool changed = false;  // resumed with another recipe than config.json has
  std::vector<run::Tracker> trackers;   // as of train::TrainJob
  kernels::KernelRecord kernel_record;  // that compute
  std::optional<TrainTeacher> teacher;
  // init.file; of a run that resumes: none.
  std::optional<pretrained::PretrainedCheckpoint> checkpoint;
  DataSplits splits;
  // What images init.file and the distilled teacher.file expect, as JSON; "":
  // neither is used.
  std::string pretrained;
};

// Opens the teacher and, if the folder has a state to resume from, compares the
// recipe with that run's. `init`: the initial checkpoint, if the recipe was
// derived from it. Errors: kUsage if the folder holds a run and `resume`
// is not set; as OpenTeacher, RequireSameRecipe and CheckResumeConfig.
TrainRun BeginRun(
    recipe::Recipe recipe, const c10::Device& device,
    const run::RunFolder& folder, bool resume,
    distributed::ProcessGroup* group = nullptr,
    std::optional<pretrained::PretrainedCheckpoint> init = std::nullopt);

// Resolves the recipe for the device and the data set, and opens the initial
// checkpoint and the data. Errors: as OpenInitCheckpoint, OpenSplits and
// SetClasses; kConfig if the run resumes with other kernels than it began with
// and may not.
void OpenInputs(TrainRun& run, const run::RunFolder& folder,
                bool allow_other_kernels);

// The initialised model, on the device; an arbitrary one if the run resumes.
// Closes the initial checkpoint. Errors: as InitModel.
InitialisedModel MakeModel(TrainRun& run);

// What training needs besides the model. Closes the teacher's file. Errors: as
// MakeTeacher.
train::TrainJob MakeJob(TrainRun& run);

}  // namespace wsel::session
