#pragma once

#include <c10/core/Device.h>

#include <optional>
#include <string>

#include "pretrained.h"
#include "wsel/nn/build.h"
#include "wsel/recipe/recipe.h"
#include "wsel/train/teacher.h"

namespace wsel::cli {

// A recipe's teacher, opened once for both selection and distillation.
struct TrainTeacher {
  PretrainedCheckpoint pretrained;
  std::string digest;   // SHA-256 of the file
  bool script = false;  // runs as a TorchScript module
};

// Errors: kIo, kFormat; kMismatch for a file that is neither a known model nor
// a TorchScript module, or whose SHA-256 is not recipe.teacher.digest.
TrainTeacher OpenTeacher(const recipe::Recipe& recipe);

// Initialises the model by weight selection, as `wsel init` does with the same
// options and --head reset. Errors: kMismatch if the teacher does not fit.
void InitFromTeacher(nn::Model& model, const TrainTeacher& teacher,
                     const recipe::Recipe& recipe);

// Builds the teacher for distillation, and logs its model and preprocessing.
// Errors: kMismatch, kFormat: see train/teacher.h.
train::Teacher MakeTeacher(const TrainTeacher& teacher,
                           const recipe::Recipe& recipe,
                           const std::vector<std::string>& classes,
                           const c10::Device& device);

}  // namespace wsel::cli
