// Torch-free.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wsel::train {

// What a class weighs in the loss.
struct ClassWeights {
  enum Kind {
    kNone,
    // Of the training images: BalancedClassWeights, or BalancedPosWeights if
    // they are multi-label.
    kBalanced,
    kGiven,
  };

  // Implicit: kNone and kBalanced say all.
  // NOLINTNEXTLINE(google-explicit-constructor)
  ClassWeights(Kind kind_in = kNone) : kind(kind_in) {}

  Kind kind = kNone;
  std::vector<double> values = {};      // of kGiven, finite and not negative
  std::vector<std::string> names = {};  // of the classes; {}: in order

  bool operator==(const ClassWeights&) const = default;
};

// "none", "balanced", a weight for each class in their order ("1,2,0.5"), or by
// name ("cat=2,dog=0.5"; a name with a comma is quoted as in CSV). Errors:
// kConfig at `where` for all else, a negative or infinite weight, a name twice,
// and if all weights are 0.
ClassWeights ParseClassWeights(std::string_view text, std::string_view where);

// As ParseClassWeights reads it.
std::string ToText(const ClassWeights& weights);

// Weights by name, as ParseClassWeights reads them, from the rows of a CSV
// file: a class and its weight, below an optional header. Errors: kIo; kFormat
// with the line; those of ParseClassWeights.
std::string ClassWeightsInFile(const std::string& path);

// The weights of kGiven, in the order of `classes`. Errors: kConfig at
// train.class_weights if a class has none or there are others, with their
// names.
std::vector<double> WeightsOf(const ClassWeights& given,
                              const std::vector<std::string>& classes);

}  // namespace wsel::train
