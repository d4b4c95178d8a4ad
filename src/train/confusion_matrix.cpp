#include "wsel/train/confusion_matrix.h"

#include <fmt/format.h>

#include "wsel/core/csv.h"
#include "wsel/core/error.h"

namespace wsel::train {
namespace {

double Ratio(int64_t part, int64_t whole) {
  if (whole == 0) return 0;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

size_t ConfusionMatrix::IndexOf(int32_t label, int32_t prediction) const {
  for (const int32_t index : {label, prediction}) {
    if (index >= 0 && static_cast<size_t>(index) < classes_.size()) continue;
    throw Error(ErrorKind::kMismatch, "confusion matrix",
                "class index {} is out of range for {} classes: the model and "
                "the data set have different classes",
                index, classes_.size());
  }
  return static_cast<size_t>(label) * classes_.size() +
         static_cast<size_t>(prediction);
}

ClassScore ConfusionMatrix::Score(int32_t label) const {
  ClassScore score{.correct = Count(label, label)};
  for (size_t other = 0; other < classes_.size(); ++other) {
    const auto o = static_cast<int32_t>(other);
    score.support += Count(label, o);
    score.predicted += Count(o, label);
  }
  score.recall = Ratio(score.correct, score.support);
  score.precision = Ratio(score.correct, score.predicted);
  return score;
}

double ConfusionMatrix::Accuracy() const {
  int64_t correct = 0;
  for (size_t i = 0; i < classes_.size(); ++i) {
    correct += counts_[i * classes_.size() + i];
  }
  return Ratio(correct, total_);
}

std::string ConfusionMatrix::MatrixCsv() const {
  std::string csv = "label";
  for (const std::string& name : classes_) csv += ',' + CsvCell(name);
  csv += '\n';
  for (size_t label = 0; label < classes_.size(); ++label) {
    csv += CsvCell(classes_[label]);
    for (size_t other = 0; other < classes_.size(); ++other) {
      csv += fmt::format(",{}", counts_[label * classes_.size() + other]);
    }
    csv += '\n';
  }
  return csv;
}

std::string ConfusionMatrix::ScoresCsv() const {
  std::string csv = "class,support,predicted,correct,recall,precision\n";
  double recalls = 0;
  double precisions = 0;
  int64_t counted = 0;
  for (size_t label = 0; label < classes_.size(); ++label) {
    const ClassScore s = Score(static_cast<int32_t>(label));
    csv +=
        fmt::format("{},{},{},{},{},{}\n", CsvCell(classes_[label]), s.support,
                    s.predicted, s.correct, s.recall, s.precision);
    if (s.support == 0) continue;
    recalls += s.recall;
    precisions += s.precision;
    ++counted;
  }
  const auto mean = [counted](double sum) {
    return counted == 0 ? 0 : sum / static_cast<double>(counted);
  };
  csv += fmt::format("macro average,{},,,{},{}\n", total_, mean(recalls),
                     mean(precisions));
  csv += fmt::format("accuracy,{},,,{},\n", total_, Accuracy());
  return csv;
}

}  // namespace wsel::train
