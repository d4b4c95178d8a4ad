#pragma once

#include <c10/core/Device.h>

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/recipe/recipe.h"
#include "wsel/train/teacher.h"

namespace wsel::session {

// A recipe's teacher, opened once for both selection and distillation.
struct TrainTeacher {
  pretrained::PretrainedCheckpoint checkpoint;
  std::optional<model::Config> model;  // recipe.teacher.model
  std::string digest;                  // SHA-256 of the file
  bool script = false;                 // runs as a TorchScript module
};

// A TorchScript module is run as it is, with one exception: features of a known
// model with a classifier, which no module returns, are those of the model
// rebuilt from its tensors. Errors: kIo, kFormat; kMismatch for a file that is
// neither a known model nor a TorchScript module, or with another SHA-256 than
// recipe.teacher.digest; kConfig for a teacher.model that is not used.
TrainTeacher OpenTeacher(const recipe::Recipe& recipe);

// What images the teacher gets in distillation, each value with its source:
// {"img_size": 224, "mean": {"value": [...], "source": "metadata"}, ...}.
// Errors: as MakeTeacher.
nlohmann::ordered_json TeacherImages(const TrainTeacher& teacher,
                                     const recipe::Recipe& recipe);

// Builds the teacher for distillation, and logs its model and preprocessing.
// Its classes are matched to the data set's if the distillation compares them.
// Errors: kMismatch, kFormat: see train/teacher.h and pretrained/classes.h.
train::Teacher MakeTeacher(const TrainTeacher& teacher,
                           const recipe::Recipe& recipe,
                           const std::vector<std::string>& classes,
                           const c10::Device& device);

}  // namespace wsel::session
