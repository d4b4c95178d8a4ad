// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wsel/model/parameter_specs.h"
#include "wsel/select/options.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// One tensor of the student and its source: a tensor of the teacher or, if
// `teacher` is null, `reinitialised`.
struct TensorPair {
  const model::ParameterSpec* student = nullptr;
  const model::ParameterSpec* teacher = nullptr;
  Reinitialised reinitialised;
};

// Both models, their tensors, and the layer selection.
struct ModelPair {
  model::Config teacher;
  model::Config student;
  std::vector<model::ParameterSpec> teacher_tensors;
  std::vector<model::ParameterSpec> student_tensors;
  std::vector<std::vector<int64_t>> layers;  // as Plan::layers
};

// Component mapping (paper, section 3.1): finds the source of every tensor of
// the student. Skipped tensors and a reset head are re-initialised as timm
// would; a bias or layer scale that the teacher lacks becomes the identity. The
// pairs point into `models`.
// Errors: kMismatch, naming a tensor that the teacher lacks, or for a different
// number of classes with Head::kReuse; those of Skip.
std::vector<TensorPair> MapComponents(const ModelPair& models,
                                      const Options& options,
                                      std::vector<std::string>& notes);

}  // namespace wsel::select
