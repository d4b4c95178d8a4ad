// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace wsel::train {

// A classifier's results on one class. Ratios are 0 to 1.
struct ClassScore {
  int64_t support = 0;    // samples of the class
  int64_t predicted = 0;  // samples predicted to be of the class
  int64_t correct = 0;    // both
  double recall = 0;      // correct / support: the class's accuracy; 0 for 0/0
  double precision = 0;   // correct / predicted; 0 for 0/0
};

// Counts of (label, prediction).
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::vector<std::string> classes)
      : classes_(std::move(classes)),
        counts_(classes_.size() * classes_.size()) {}

  // Errors: kMismatch if either index is out of range.
  void Add(int32_t label, int32_t prediction, int64_t count = 1) {
    counts_[IndexOf(label, prediction)] += count;
    total_ += count;
  }

  int64_t Count(int32_t label, int32_t prediction) const {
    return counts_[IndexOf(label, prediction)];
  }
  ClassScore Score(int32_t label) const;
  int64_t total() const { return total_; }
  // Correct samples / samples; 0 if there are none.
  double Accuracy() const;

  // CSV as in RFC 4180, except that lines end in "\n".
  // Counts, one row per label and one column per prediction.
  std::string MatrixCsv() const;
  // class,support,predicted,correct,recall,precision: one row per class, then
  // "macro average", the mean of the ratios over the classes with support, and
  // "accuracy", over all samples. A class that is never predicted has precision
  // 0, as in scikit-learn.
  std::string ScoresCsv() const;

 private:
  size_t IndexOf(int32_t label, int32_t prediction) const;

  std::vector<std::string> classes_;
  std::vector<int64_t> counts_;  // [label, prediction]
  int64_t total_ = 0;
};

}  // namespace wsel::train
