#include "wsel/train/multi_label_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "wsel/core/csv.h"
#include "wsel/core/error.h"

namespace wsel::train {
namespace {

// A probability above kLabelThreshold, 0.5.
bool IsPredicted(float logit) { return logit > 0; }

double RatioOrNan(int64_t part, int64_t whole) {
  if (whole == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double AveragePrecision(std::span<const float> scores,
                        std::span<const uint8_t> truth) {
  // NaN, of corrupt weights, has no rank: it is the last.
  std::vector<float> ranked(scores.begin(), scores.end());
  for (float& score : ranked) {
    if (std::isnan(score)) score = -std::numeric_limits<float>::infinity();
  }
  std::vector<size_t> order(ranked.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order,
                    [&](size_t a, size_t b) { return ranked[a] > ranked[b]; });
  int64_t found = 0;
  double sum = 0;
  for (size_t first = 0; first < order.size();) {
    size_t end = first;
    int64_t here = 0;
    // No threshold separates samples of equal scores.
    for (; end < order.size() && ranked[order[end]] == ranked[order[first]];
         ++end) {
      here += truth[order[end]];
    }
    found += here;
    sum += static_cast<double>(here) * static_cast<double>(found) /
           static_cast<double>(end);
    first = end;
  }
  return found == 0 ? 0 : sum / static_cast<double>(found);
}

void MultiLabelTable::Add(std::span<const float> logits,
                          std::span<const uint8_t> labels) {
  if (logits_.empty()) classes_ = logits.size();
  if (logits.size() != classes_ || labels.size() != classes_) {
    throw Error(ErrorKind::kMismatch, "logits",
                "an image has {} logits and {} labels, expected {} classes",
                logits.size(), labels.size(), classes_);
  }
  logits_.insert(logits_.end(), logits.begin(), logits.end());
  labels_.insert(labels_.end(), labels.begin(), labels.end());
}

std::vector<ClassCounts> MultiLabelTable::Counts() const {
  std::vector<ClassCounts> counts(classes_);
  for (size_t i = 0; i < logits_.size(); ++i) {
    ClassCounts& c = counts[i % classes_];
    const bool predicted = IsPredicted(logits_[i]);
    c.support += labels_[i];
    c.predicted += predicted ? 1 : 0;
    c.correct += predicted && labels_[i] != 0 ? 1 : 0;
  }
  return counts;
}

double MultiLabelTable::AveragePrecisionOf(size_t c) const {
  std::vector<float> scores;
  std::vector<uint8_t> truth;
  for (size_t i = c; i < logits_.size(); i += classes_) {
    scores.push_back(logits_[i]);
    truth.push_back(labels_[i]);
  }
  return AveragePrecision(scores, truth);
}

double MultiLabelTable::Loss() const {
  double sum = 0;
  for (size_t i = 0; i < logits_.size(); ++i) {
    const double x = logits_[i];
    // -log(sigmoid(x)) of 1, -log(1 - sigmoid(x)) of 0.
    const double softplus =
        std::max(x, 0.) + std::log1p(std::exp(-std::abs(x)));
    sum += softplus - x * labels_[i];
  }
  return logits_.empty() ? 0 : sum / static_cast<double>(logits_.size());
}

MultiLabelMetrics MultiLabelTable::Metrics() const {
  const auto counts = Counts();
  MultiLabelMetrics metrics{.macro_f1 = MacroF1(counts), .loss = Loss()};
  int64_t seen = 0;
  for (size_t c = 0; c < classes_; ++c) {
    if (counts[c].support == 0) continue;
    metrics.mean_ap += AveragePrecisionOf(c);
    ++seen;
  }
  if (seen > 0) metrics.mean_ap /= static_cast<double>(seen);
  metrics.unseen_classes = static_cast<int64_t>(classes_) - seen;
  int64_t right = 0;
  for (size_t i = 0; i < size(); ++i) {
    bool all = true;
    for (size_t at = i * classes_; at < (i + 1) * classes_; ++at) {
      all = all && IsPredicted(logits_[at]) == (labels_[at] != 0);
    }
    right += all ? 1 : 0;
  }
  if (size() > 0) {
    metrics.subset_accuracy = RatioOrNan(right, static_cast<int64_t>(size()));
  }
  return metrics;
}

std::string MultiLabelTable::PerClassCsv(
    std::span<const std::string> names) const {
  std::string csv =
      "class,images,predicted,correct,precision,recall,f1,"
      "average_precision\n";
  const auto counts = Counts();
  for (size_t c = 0; c < classes_; ++c) {
    const ClassCounts& n = counts[c];
    const double ap = n.support == 0 ? std::numeric_limits<double>::quiet_NaN()
                                     : AveragePrecisionOf(c);
    csv += fmt::format(
        "{},{},{},{},{},{},{},{}\n", CsvCell(names[c]), n.support, n.predicted,
        n.correct, CsvCell(RatioOrNan(n.correct, n.predicted)),
        CsvCell(RatioOrNan(n.correct, n.support)),
        CsvCell(RatioOrNan(2 * n.correct, n.support + n.predicted)),
        CsvCell(ap));
  }
  return csv;
}

}  // namespace wsel::train
