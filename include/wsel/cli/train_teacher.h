#pragma once

#include <c10/core/Device.h>

#include <optional>
#include <string>

#include "wsel/cli/weights.h"
#include "wsel/model/build.h"
#include "wsel/recipe/recipe.h"
#include "wsel/train/teacher.h"

namespace wsel::cli {

// A recipe's teacher, opened once for all that it does in a run.
struct TrainTeacher {
  Weights weights;
  std::string digest;   // SHA-256 of the file
  bool script = false;  // to be run as TorchScript
};

// Errors: kIo, kFormat; kMismatch for a file that holds no model known here and
// no TorchScript, or is not the one of recipe.teacher.digest.
TrainTeacher OpenTeacher(const recipe::Recipe& recipe);

// Weight selection as `wsel init` does it: uniform elements and so on, a fresh
// head. Errors: kMismatch where the teacher does not fit.
void SelectStart(model::Model& model, const TrainTeacher& teacher,
                 const recipe::Recipe& recipe);

// The teacher as distillation asks it, and a line in the log that says what it
// is. Errors: kMismatch, kFormat: see train/teacher.h.
train::Teacher AnsweringTeacher(const TrainTeacher& teacher,
                                const recipe::Recipe& recipe,
                                const std::vector<std::string>& classes,
                                const c10::Device& device);

}  // namespace wsel::cli
