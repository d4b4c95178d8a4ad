// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "wsel/model/config.h"
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

}  // namespace wsel::select
