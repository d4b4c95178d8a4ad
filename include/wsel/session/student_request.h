// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "wsel/data/options.h"
#include "wsel/model/config.h"
#include "wsel/model/init.h"
#include "wsel/naming/remap_state_dict.h"
#include "wsel/select/family.h"
#include "wsel/select/options.h"
#include "wsel/session/budget.h"
#include "wsel/session/model_options.h"

namespace wsel::session {

// A ViT or ConvNeXt.
struct ConfigStudent {
  model::Config config;
  // Otherwise, with Head::kReuse, the student has the teacher's classes.
  bool has_num_classes = false;
};

// Any other architecture, described by a family file. Sizes as in
// select/family_plan.h.
struct FamilyStudent {
  select::FamilyTable family;
  select::Sizes teacher_sizes;
  select::Sizes student_sizes;
};

// Any other architecture, with the tensor names and shapes of a checkpoint.
struct LikeStudent {
  std::filesystem::path checkpoint;
};

// The teacher made smaller, with the sizes that lose least under a budget.
struct SizedStudent {
  Budget budget;
  ModelOptions fixed;  // sizes that are given; `model` is not used
};

// Images of a training split, from which a student is calibrated.
struct CalibrationRequest {
  data::DataOptions data;
  int64_t images = 512;  // as many as there are, if they are fewer
};

// All that decides a student's weights, checked as far as possible without
// opening the teacher. `wsel init`, `wsel train` and `wsel analyze` make one
// each; student_plan.h makes a plan of it.
struct StudentRequest {
  std::filesystem::path teacher;  // a checkpoint; empty: none
  // The teacher's model, if not the detected one.
  std::optional<model::Config> teacher_model;
  naming::CopyChoice copy;  // of the teacher's weights
  std::variant<ConfigStudent, FamilyStudent, LikeStudent, SizedStudent> student;
  select::Options options;  // with a teacher; without one only the seed
  model::Initializer initializer = model::Initializer::kTimm;  // without one
  // A plan made before, which leaves nothing but the teacher to decide.
  std::filesystem::path plan;
  // For rules that look at images, `layers` best, a budget, and the agreement
  // with the teacher. With a plan, where its images are: it names the data set.
  std::optional<CalibrationRequest> calibration = {};

  bool IsGeneric() const {
    return std::holds_alternative<FamilyStudent>(student) ||
           std::holds_alternative<LikeStudent>(student);
  }
};

// A student as given on the command line; empty: not given.
struct StudentOptions {
  std::string teacher;
  std::string teacher_model;
  naming::CopyChoice copy;  // of the teacher's weights
  ModelOptions student;
  std::string family;
  select::Sizes teacher_sizes;
  select::Sizes student_sizes;
  std::string student_like;
  std::string budget;  // instead of student.model
  std::string plan;
  std::string method;         // of selection or, without a teacher, at random
  select::Options selection;  // its method and seed are not used
  int64_t seed = 0;
  CalibrationRequest calibration;  // without a root: none
};

// Errors: kUsage for an unknown model or method, or a wrong budget; kIo,
// kConfig for the files of the student, the teacher's model and the family.
StudentRequest RequestOf(const StudentOptions& options);

// Whether a method of initialising a student is random; otherwise it selects
// from a teacher. Errors: kUsage for a name that is neither.
bool IsRandomMethod(const std::string& name);

}  // namespace wsel::session
