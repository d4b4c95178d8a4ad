// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "element_selection.h"
#include "wsel/core/error.h"
#include "wsel/select/family.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// A dimension that tensors of both models have, and along which they are
// indexed alike.
struct MappedDimension {
  std::string name;      // of its index set: "width", "mlp.2"
  std::string in_block;  // what the set of one block adds to the block: "mlp"
  std::string label;     // in messages: "MLP width of stage 2"
  DimensionRole role = DimensionRole::kWidth;
  int64_t from = 0;  // the teacher's size
  int64_t to = 0;
  // For the role kAttention, if the heads rule needs heads.
  HeadSplit from_heads;
  HeadSplit to_heads;
};

// One dimension of a teacher's tensor: `groups` equal parts, each a dimension
// that is selected along, or without one taken whole or resampled.
struct MappedAxis {
  std::optional<size_t> dimension;  // into ComponentMapping::dimensions
  int groups = 1;
};

// A tensor of the student and its source.
struct MappedTensor {
  TensorSpec student;
  std::string component;  // as Options::skip may name it; empty if unknown
  std::string block;      // the student's: "blocks.3"; empty outside of blocks
  model::Init init;       // if it is skipped
  // A tensor of the teacher's file; a re-initialisation; or why there is
  // neither, which is an error unless the tensor is skipped.
  std::variant<TensorSpec, Reinitialised, Error> source;
  // One per dimension of the teacher's tensor; none if the student's does not
  // correspond to it dimension by dimension.
  std::vector<MappedAxis> axes;
  std::optional<PosEmbedResample> pos_embed;
  std::optional<PatchEmbedResample> patch_embed;
  std::string note;  // for the user, unless the tensor is skipped
};

// Component mapping (paper, section 3.1) with the role of every dimension: all
// that a plan depends on, from whatever describes the two models: configs, a
// family file, or a checkpoint of the student's shapes.
struct ComponentMapping {
  PlanModel teacher;
  PlanModel student;
  std::vector<std::vector<int64_t>> layers;  // as Plan::layers
  std::vector<MappedDimension> dimensions;
  std::vector<MappedTensor> tensors;  // in the order of the student
  // Every tensor of the teacher, in the order in which the plan lists those
  // that no tensor of the student is selected from.
  std::vector<Unused> unused;
  std::vector<std::string> notes;
};

// The source of a tensor that the teacher has no counterpart of.
Error NoCounterpart(const std::string& student);

// A tensor of a block that no block of the student is taken from.
Unused OfUnusedBlock(std::string teacher);

}  // namespace wsel::select
