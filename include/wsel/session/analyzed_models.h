// Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wsel/augment/options.h"
#include "wsel/image/normalisation.h"
#include "wsel/model/config.h"
#include "wsel/naming/remap_state_dict.h"
#include "wsel/select/svd_parts.h"
#include "wsel/session/model_options.h"
#include "wsel/tensor/source.h"

namespace wsel::session {

// The models that `wsel analyze` compares, as given on the command line.
struct AnalysisRequest {
  std::string teacher;                         // a checkpoint; "": none
  std::optional<model::Config> teacher_model;  // if not the detected one
  std::vector<std::string> checkpoints;
  std::optional<model::Config> checkpoint_model;  // of each, the same
  naming::CopyChoice copy;                        // of each file
  int64_t num_heads = 0;                          // of each file without them
  bool runs_models = true;                        // so that these heads matter
  std::string student;  // a variant's name or a JSON file; "": none
  ModelOptions sizes;   // of the student; `sizes.model` is not used
  // Of the student: model::Initializers or select::Methods; {}: `timm` and,
  // given a teacher, `uniform`.
  std::vector<std::string> methods;
  int64_t seed = 0;
};

// The students to initialise in memory, by each of the methods.
struct AnalyzedStudents {
  std::optional<model::Config> config;  // nullopt: none
  std::vector<std::string> methods;
};
// Checks the request. Errors: kUsage for no model or contradictory options;
// those of NamedModel.
AnalyzedStudents StudentsOf(const AnalysisRequest& request);

// A model to analyse: from a file, or a student initialised in memory.
struct AnalyzedModel {
  std::string name;  // for display: "random (timm)", "vit_small"; unique
  std::string slug;  // the same as a part of a file name; also unique
  model::Config config;
  std::shared_ptr<const TensorSource> weights;  // under timm's names
  image::Normalisation normalisation;           // of its input images
  augment::EvalTransformOptions transform;      // of them; its size is not used
  bool is_teacher = false;
};

// In the order of the paper's Figure 5: random students, the teacher, students
// selected from it, checkpoints. Of students, only tensors with names that
// begin with `prefix` are made; `svd` as in select/apply.h. Errors: those of
// StudentsOf, pretrained::FactsOf and PlanStudent.
std::vector<AnalyzedModel> OpenAnalyzedModels(const AnalysisRequest& request,
                                              const select::SvdParts* svd,
                                              const std::string& prefix = "");

}  // namespace wsel::session
