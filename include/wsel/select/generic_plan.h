// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wsel/model/family.h"
#include "wsel/select/choice.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// A dimension that both models have, by what it is called.
struct NamedDimension {
  std::string name;
  model::DimensionRole role = model::DimensionRole::kWidth;
  int64_t from = 0;
  int64_t to = 0;
  // Of role kAttention where the heads rule asks for heads.
  HeadSplit from_heads;
  HeadSplit to_heads;
};

// One dimension of a tensor: equal parts of a named one, or taken whole.
struct NamedAxis {
  std::optional<size_t> dimension;  // into GenericSides::dimensions
  int groups = 1;
};

// One tensor of the student and the teacher's that it is taken from; an empty
// teacher name where there is none, which only `skip` allows.
struct NamedPair {
  TensorSpec student;
  TensorSpec teacher;
  std::vector<NamedAxis> axes;
  std::string layer;  // of the student: "layers.3"; empty outside
};

// Two models without configs, laid side by side.
struct GenericSides {
  GenericModel teacher;
  GenericModel student;
  std::vector<NamedDimension> dimensions;
  std::vector<NamedPair> pairs;  // in the order of the student
  std::vector<std::vector<int64_t>> layers;
  std::vector<Unused> unused;
  std::vector<std::string> notes;
};

// Plans a student from such pairs, by the same rules as PlanSelection. What
// --skip names is drawn afresh: biases and running means zeros, other tensors
// of one dimension ones, the rest from a normal of deviation 0.02 cut at two.
// Errors: kMismatch naming dimension or tensor; kUsage for options that these
// models cannot have.
Plan PlanGeneric(GenericSides sides, const Options& options,
                 const Evidence& evidence);

}  // namespace wsel::select
