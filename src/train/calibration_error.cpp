#include "wsel/train/calibration_error.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "wsel/core/error.h"

namespace wsel::train {
namespace {

constexpr int kBins = 15;

// The images of a range of confidences.
struct Bin {
  double confidence = 0;  // sums
  double correct = 0;
};

int BinOf(double confidence) {
  const auto above = static_cast<int>(std::ceil(confidence * kBins));
  return std::clamp(above - 1, 0, kBins - 1);
}

// log(sum(exp(logits * inverse))).
double LogSum(std::span<const float> logits, double inverse) {
  const double largest = std::ranges::max(logits) * inverse;
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit * inverse - largest);
  return largest + std::log(sum);
}

}  // namespace

void LogitTable::Add(std::span<const float> logits, int32_t label) {
  if (labels_.empty()) classes_ = logits.size();
  if (logits.size() != classes_ || label < 0 ||
      static_cast<size_t>(label) >= classes_) {
    throw Error(ErrorKind::kMismatch, "logits",
                "an image has {} logits and the label {}, expected {} classes",
                logits.size(), label, classes_);
  }
  logits_.insert(logits_.end(), logits.begin(), logits.end());
  labels_.push_back(label);
}

double LogitTable::Ece(double temperature) const {
  std::array<Bin, kBins> bins;
  for (size_t i = 0; i < size(); ++i) {
    const auto row = Row(i);
    const auto best = std::ranges::max_element(row);
    const double confidence =
        std::exp(*best / temperature - LogSum(row, 1 / temperature));
    Bin& bin = bins[static_cast<size_t>(BinOf(confidence))];
    bin.confidence += confidence;
    bin.correct += best - row.begin() == labels_[i] ? 1 : 0;
  }
  double sum = 0;
  for (const Bin& bin : bins) sum += std::abs(bin.confidence - bin.correct);
  return 100 * sum / std::max(static_cast<double>(size()), 1.0);
}

double LogitTable::Loss(double temperature) const {
  double sum = 0;
  for (size_t i = 0; i < size(); ++i) {
    const auto row = Row(i);
    sum += LogSum(row, 1 / temperature) -
           row[static_cast<size_t>(labels_[i])] / temperature;
  }
  return sum / std::max(static_cast<double>(size()), 1.0);
}

LogitTable::Derivatives LogitTable::DerivativesAt(double inverse) const {
  Derivatives d;
  for (size_t i = 0; i < size(); ++i) {
    const auto row = Row(i);
    const double largest = std::ranges::max(row);
    double weights = 0;
    double mean = 0;
    double square = 0;
    for (const float logit : row) {
      const double z = logit - largest;
      const double weight = std::exp(z * inverse);
      weights += weight;
      mean += weight * z;
      square += weight * z * z;
    }
    mean /= weights;
    d.first += mean - (row[static_cast<size_t>(labels_[i])] - largest);
    d.second += square / weights - mean * mean;
  }
  return d;
}

double LogitTable::FitTemperature() const {
  constexpr int kSteps = 100;
  if (size() == 0) return 1;
  // The first derivative rises from below 0 at `low` to above 0 at `high`.
  double low = 1 / kMaxTemperature;
  double high = 1 / kMinTemperature;
  if (DerivativesAt(low).first >= 0) return kMaxTemperature;
  if (DerivativesAt(high).first <= 0) return kMinTemperature;
  double inverse = 1;
  for (int step = 0; step < kSteps; ++step) {
    const Derivatives d = DerivativesAt(inverse);
    const double change = -d.first / d.second;  // NaN without a curvature
    if (d.first == 0 || std::abs(change) <= 1e-10 * inverse) break;
    (d.first > 0 ? high : low) = inverse;
    inverse += change;
    // Also if it is NaN.
    if (!(inverse > low && inverse < high)) inverse = std::sqrt(low * high);
  }
  return 1 / inverse;
}

CalibrationError LogitTable::Calibration() const {
  const double temperature = FitTemperature();
  return {.ece = Ece(1),
          .temperature = temperature,
          .scaled_ece = Ece(temperature),
          .scaled_loss = Loss(temperature)};
}

}  // namespace wsel::train
