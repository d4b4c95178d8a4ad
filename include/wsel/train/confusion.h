// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wsel::train {

// What a classifier made of the samples of one class. Ratios are 0 to 1.
struct ClassScore {
  int64_t support = 0;    // samples of the class
  int64_t predicted = 0;  // samples that were taken for it
  int64_t correct = 0;    // both
  double recall = 0;      // correct / support: the class's accuracy; 0 for 0/0
  double precision = 0;   // correct / predicted; 0 for 0/0
};

// Counts of (label, prediction).
class Confusion {
 public:
  explicit Confusion(std::vector<std::string> classes);

  // Errors: kMismatch where one of them is no class.
  void Add(int32_t label, int32_t prediction);

  int64_t Count(int32_t label, int32_t prediction) const;
  ClassScore Score(int32_t label) const;
  int64_t total() const { return total_; }
  // Correct samples / samples; 0 where there are none.
  double Accuracy() const;

  // Tables as RFC 4180 has them, but for line ends, which are "\n".
  // A row a label, a column a prediction, counts.
  std::string MatrixCsv() const;
  // class,support,predicted,correct,recall,precision: a row a class, then
  // "macro average", the mean of the ratios over the classes with support, and
  // "accuracy", over all samples. A class that is never predicted has precision
  // 0, as in scikit-learn.
  std::string ScoresCsv() const;

 private:
  size_t Place(int32_t label, int32_t prediction) const;

  std::vector<std::string> classes_;
  std::vector<int64_t> counts_;  // [label, prediction]
  int64_t total_ = 0;
};

}  // namespace wsel::train
