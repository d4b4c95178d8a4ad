// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "element_selection.h"
#include "wsel/model/family.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// A named dimension that both models have.
struct NamedDimension {
  std::string name;
  model::DimensionRole role = model::DimensionRole::kWidth;
  int64_t from = 0;
  int64_t to = 0;
  // For role kAttention, if the heads rule needs heads.
  HeadSplit from_heads;
  HeadSplit to_heads;
};

// One dimension of a tensor: `groups` equal parts, each a named dimension, or
// without one a dimension that is taken whole.
struct NamedAxis {
  std::optional<size_t> dimension;  // into GenericMapping::dimensions
  int groups = 1;
};

// One tensor of the student and the teacher's that it is selected from. The
// teacher's name is empty if there is none, which is only valid if skipped.
struct NamedPair {
  TensorSpec student;
  TensorSpec teacher;
  std::vector<NamedAxis> axes;
  std::string layer;  // of the student: "layers.3"; empty outside of layers
};

// Component mapping between two models without configs.
struct GenericMapping {
  GenericModel teacher;
  GenericModel student;
  std::vector<NamedDimension> dimensions;
  std::vector<NamedPair> pairs;              // in the order of the student
  std::vector<std::vector<int64_t>> layers;  // as Plan::layers
  std::vector<Unused> unused;
  std::vector<std::string> notes;
};

// Plans a student from such a mapping, by the same rules as PlanSelection.
// Skipped tensors are re-initialised: biases and running means with zeros,
// other 1-D tensors with ones, the rest from a normal with std 0.02 truncated
// at two std.
// Errors: kMismatch, naming the dimension or tensor; kUsage for options that
// need a ViT or ConvNeXt, or that contradict each other.
Plan PlanGeneric(GenericMapping mapping, const Options& options,
                 const ImportanceScores& importance);

}  // namespace wsel::select
