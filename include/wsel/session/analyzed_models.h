// Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "wsel/image/normalisation.h"
#include "wsel/model/config.h"
#include "wsel/model/init.h"
#include "wsel/select/options.h"
#include "wsel/tensor/source.h"

namespace wsel::session {

// How a student is initialised: at random, or selected from the teacher.
using StudentMethod = std::variant<model::Initializer, select::Method>;

// The models that `wsel analyze` compares.
struct AnalysisRequest {
  std::string teacher;                         // a checkpoint; "": none
  std::optional<model::Config> teacher_model;  // if not the detected one
  std::vector<std::string> checkpoints;
  std::optional<model::Config> student;
  std::vector<StudentMethod> methods;  // of the student
  uint64_t seed = 0;
};

// A model to analyse: from a file, or a student initialised in memory.
struct AnalyzedModel {
  std::string name;  // for display: "random (timm)", "vit_small"; unique
  std::string slug;  // the same as a part of a file name; also unique
  model::Config config;
  std::shared_ptr<const TensorSource> weights;  // under timm's names
  image::Normalisation normalisation;           // of its input images
  bool is_teacher = false;
};

// In the order of the paper's Figure 5: random students, the teacher, students
// selected from it, checkpoints. Of students, only tensors whose names begin
// with `prefix` are made. Errors: those of pretrained::FactsOf and PlanStudent.
std::vector<AnalyzedModel> OpenAnalyzedModels(const AnalysisRequest& request,
                                              const std::string& prefix = "");

}  // namespace wsel::session
