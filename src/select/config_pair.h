// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "component_mapping.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::select {

// Two configured models of one architecture, and the layer selection.
struct ConfigPair {
  model::Config teacher;
  model::Config student;
  std::vector<model::ParameterSpec> teacher_parameters;
  std::vector<model::ParameterSpec> student_parameters;
  std::vector<std::vector<int64_t>> layers;  // as Plan::layers
};

// The teacher's parameter that one of the student's is selected from: the same
// one, in the block of the layer selection; for the final norm also the one
// before or after pooling. Null if there is none.
const model::ParameterSpec* Counterpart(const ConfigPair& models,
                                        const model::ParameterSpec& student);

// What replaces a parameter that the teacher has no counterpart of: a bias or
// layer scale becomes the identity, a token is initialised as timm would, with
// a note. All others are an Error. Sets the tensor's source and note.
void Replace(const ConfigPair& models, const model::ParameterSpec& student,
             MappedTensor& tensor);

// The dimensions of the teacher's parameter; by the official rule one for each
// pair of sizes, whatever its role.
std::vector<MappedAxis> AxesOf(const ConfigPair& models,
                               const model::ParameterSpec& teacher,
                               const model::ParameterSpec& student,
                               bool official);

// The attention heads of a configured model; 1 x 1 without attention.
HeadSplit HeadsOf(const model::Config& config);

}  // namespace wsel::select
