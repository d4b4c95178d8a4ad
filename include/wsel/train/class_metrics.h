// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace wsel::train {

// A class in the results of a classifier.
struct ClassCounts {
  int64_t support = 0;    // samples of the class
  int64_t predicted = 0;  // samples predicted to be of the class
  int64_t correct = 0;    // both
};

// The mean recall of the classes that have samples, as scikit-learn's
// balanced_accuracy_score; 0 to 1, 0 without samples.
double BalancedAccuracy(std::span<const ClassCounts> classes);

// The mean F1, which is 2 correct / (support + predicted), of the classes that
// have samples or are predicted, as scikit-learn's f1_score(average="macro"); 0
// to 1, 0 without samples.
double MacroF1(std::span<const ClassCounts> classes);

// The weight of each class in a loss, all / (classes * samples of the class),
// as scikit-learn's compute_class_weight("balanced"). Classes without samples,
// of which that function knows nothing, are not counted and have weight 0.
std::vector<double> BalancedClassWeights(std::span<const int64_t> samples);

// The weight of multi-label images that have a class against those without it,
// (all - samples of the class) / samples of the class, as the example of
// torch's BCEWithLogitsLoss. 1 for a class that no image or every image has:
// nothing is to be balanced.
std::vector<double> BalancedPosWeights(std::span<const int64_t> samples,
                                       int64_t all);

}  // namespace wsel::train
