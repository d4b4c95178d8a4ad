// Torch-free.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "wsel/select/family.h"
#include "wsel/select/options.h"
#include "wsel/tensor/spec.h"

namespace wsel::select {

// A checkpoint's tensors matched to a family. Points into the specs.
struct FamilyMatch {
  // Of every dimension of a tensor that was found, the number of layers, and
  // the numbers of heads that were given.
  Sizes sizes;
  // By index into FamilyTable::tensors and layer (0 if not in a layer).
  std::map<std::pair<size_t, int64_t>, const TensorSpec*> tensors;
  // With the index into FamilyTable::ignored.
  std::vector<std::pair<const TensorSpec*, size_t>> ignored;
};

// Finds the template of every tensor and infers the sizes, which must agree
// with each other and with those given. Layers are numbered from 0 without
// gaps. Errors: kMismatch for a tensor that matches no template, a template
// (not optional) that matches no tensor, a layer with a missing tensor,
// contradictory sizes; kConfig for a tensor that matches two templates; kUsage
// for a given size that the family does not have, or a number of heads that
// does not divide.
FamilyMatch Match(const FamilyTable& family,
                  const std::vector<TensorSpec>& specs, const Sizes& given);

// All sizes of a student: those `given`; others shrink with the dimension that
// they follow, or equal the teacher's. The number of attention heads is known
// if the rule or the user determines it.
// Errors: kUsage for a size that is unknown or below 1; kMismatch for sizes
// that do not divide, heads that do not fit the rule, and sizes of dimensions
// that the teacher lacks.
Sizes StudentSizes(const FamilyTable& family, const Sizes& teacher,
                   const Sizes& given, Heads rule);

}  // namespace wsel::select
