#pragma once

#include <functional>

#include "wsel/distributed/process_group.h"
#include "wsel/select/plan.h"
#include "wsel/session/print.h"
#include "wsel/session/train_request.h"
#include "wsel/train/fit.h"

namespace wsel::session {

// What is shown of a training before its first step.
struct TrainingView {
  // A summary (training_plan.h), with fields in backticks; missing files of a
  // dry run.
  Print print;
  Print config;  // the effective recipe of a dry run, as JSON
  std::function<void(const select::Plan&)> plan;  // of init.select
};

// Prints the effective recipe and missing files, and checks everything else as
// a training does, up to a model that the files initialise. Errors: as Train.
void DryRunTraining(const TrainRequest& request, const TrainingView& view);

// Reads the recipe, opens its files, initialises the model and trains it; logs
// each epoch, and shows progress on stderr. Every rank of `group` calls it, of
// which the first writes the files; null: there is one. A run that fails before
// anything is saved leaves no files that the next try would take for a run.
// Errors: as ReadRecipe, BeginRun, OpenInputs, InitModel and train::Fit;
// kInterrupted, with the state saved, if a signal stopped it.
train::TrainResult Train(const TrainRequest& request,
                         distributed::ProcessGroup* group,
                         const TrainingView& view);

}  // namespace wsel::session
