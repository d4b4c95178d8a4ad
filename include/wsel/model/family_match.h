// Torch-free.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "wsel/model/family.h"
#include "wsel/tensor/spec.h"

namespace wsel::model {

// A checkpoint's tensors in a family's table. Points into the specs.
struct FamilyMatch {
  // Every dimension whose tensors are there, layers, and what heads were
  // stated.
  Sizes sizes;
  // By place in FamilyTable::tensors and layer (0 without layers).
  std::map<std::pair<size_t, int64_t>, const TensorSpec*> tensors;
  // With the place in FamilyTable::ignored.
  std::vector<std::pair<const TensorSpec*, size_t>> ignored;
};

// Finds the template of every tensor and infers the sizes, which must agree
// with each other and with those stated. Layers are numbered from 0 without a
// gap. Errors: kMismatch for a tensor that is in no template, a template (not
// optional) that matches nothing, a layer that lacks a tensor, sizes that
// contradict; kConfig for two templates that match one tensor; kUsage for a
// stated size that the family does not know, or heads that do not divide.
FamilyMatch Match(const FamilyTable& family,
                  const std::vector<TensorSpec>& specs, const Sizes& stated);

}  // namespace wsel::model
