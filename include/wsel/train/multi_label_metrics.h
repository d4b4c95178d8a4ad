// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wsel/train/class_metrics.h"

namespace wsel::train {

// A class of multi-label images is predicted at a probability above it.
inline constexpr double kLabelThreshold = 0.5;

// The area under the steps of the precision-recall curve, the sum of
// (R_n - R_n-1) P_n over the distinct scores, as scikit-learn's
// average_precision_score; 0 to 1. `truth`: 1 of samples of the class, of which
// there is at least one, else 0. Scores are ranked as they are: logits and
// their sigmoids give the same but where the latter round to equal numbers.
double AveragePrecision(std::span<const float> scores,
                        std::span<const uint8_t> truth);

// All from 0 to 1, but the loss.
struct MultiLabelMetrics {
  // The mean AveragePrecision of the classes that have images (scikit-learn
  // counts the others as 0).
  double mean_ap = 0;
  // MacroF1 at kLabelThreshold, as scikit-learn's f1_score(average="macro",
  // zero_division=numpy.nan).
  double macro_f1 = 0;
  // Images of which every class is right at kLabelThreshold: scikit-learn's
  // accuracy_score.
  double subset_accuracy = 0;
  double loss = 0;  // binary cross-entropy, the mean over images and classes
  int64_t unseen_classes = 0;  // without images, which mean_ap leaves out
};

// Logits and labels of evaluated multi-label images.
class MultiLabelTable {
 public:
  // Of one image, one logit per class; `labels` [classes] of 0 and 1. Errors:
  // kMismatch if the number of classes changes.
  void Add(std::span<const float> logits, std::span<const uint8_t> labels);

  size_t size() const { return classes_ == 0 ? 0 : logits_.size() / classes_; }

  // Zeros without images.
  MultiLabelMetrics Metrics() const;

  // class,images,predicted,correct,precision,recall,f1,average_precision: a row
  // per class, at kLabelThreshold; cells without a denominator are empty.
  std::string PerClassCsv(std::span<const std::string> names) const;

 private:
  std::vector<ClassCounts> Counts() const;
  // Of a class that has images.
  double AveragePrecisionOf(size_t c) const;
  double Loss() const;

  size_t classes_ = 0;
  std::vector<float> logits_;  // [images, classes]
  std::vector<uint8_t> labels_;
};

}  // namespace wsel::train
