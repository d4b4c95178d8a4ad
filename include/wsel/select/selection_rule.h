// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "wsel/core/philox.h"
#include "wsel/core/registry.h"

namespace wsel::select {

// Ascending indices along a dimension.
using Indices = std::vector<int64_t>;

// Selects `to` of the indices 0 ... from-1, in ascending order; 1 <= to <=
// from. `stream` belongs to the dimension.
using IndexFunction = Indices (*)(int64_t from, int64_t to,
                                  const RandomStream& stream);

// The importance of each of some weights: not negative, NaN only for a NaN.
using ScoreFunction = void (*)(std::span<const float> weights,
                               std::span<double> scores);

// What is selected at once.
enum class Scope {
  kModel,   // a dimension of all tensors that have it: the paper's consistency
  kTensor,  // a dimension of one tensor
  kElements,  // a tensor's elements of largest magnitude, whatever their
              // indices
};

// What a rule learns from calibration images (docs/methods.md).
enum class Calibration {
  kNone,         // it looks at none
  kActivations,  // of the teacher; labels are not used
  kGradients,    // of the teacher's loss: needs labels in its classes
};

// How tensors are solved for on calibration images, beyond taking elements.
enum class Solve {
  kNone,
  kRegression,  // reading layers, around the elements that are taken
  kProjection,  // all of a ViT, in another basis of its residual stream
};

// How the student's indices are chosen (paper, section 3.2 and Table 7). A rule
// has a `select`, or it is data-dependent: it has a `score` of weights, or it
// looks at images, and the indices with the largest sums of scores are
// taken.
struct SelectionRule {
  std::string_view name;  // as users type it
  Scope scope = Scope::kModel;
  IndexFunction select = nullptr;
  ScoreFunction score = nullptr;
  Calibration calibration = Calibration::kNone;
  Solve solve = Solve::kNone;

  bool NeedsImages() const { return calibration != Calibration::kNone; }
  bool IsDataDependent() const { return score != nullptr || NeedsImages(); }
  // The paper's consistency: whether dimensions of equal role get equal
  // indices, so that tensors that are added, multiplied or passed on stay
  // aligned.
  bool KeepsConsistency() const { return scope == Scope::kModel; }
};

// A row of the registry.
using Method = const SelectionRule*;
const Registry<Method>& Methods();

// The paper's default, evenly spaced.
const SelectionRule& DefaultRule();

// The rule of Options::official, which has no name of its own.
const SelectionRule& OfficialRule();

}  // namespace wsel::select
