// Torch-free.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "wsel/select/family.h"
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

}  // namespace wsel::select
