// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace wsel::train {

// How well a classifier's probabilities agree with its accuracy. Errors are in
// percent, as the accuracy.
struct CalibrationError {
  double ece = 0;
  // Divides the logits so that the mean cross-entropy is smallest, on the same
  // images; and what that gives. Between kMinTemperature and kMaxTemperature,
  // which it meets if every image is correct, or the logits say nothing.
  double temperature = 1;
  double scaled_ece = 0;
  double scaled_loss = 0;
};

inline constexpr double kMinTemperature = 0.01;
inline constexpr double kMaxTemperature = 100;

// Logits and labels of evaluated images. Source: Guo et al. 2017, "On
// calibration of modern neural networks".
class LogitTable {
 public:
  // `logits`: of one image, one per class; among equal ones the class of lower
  // index is predicted. Errors: kMismatch if their number changes, or the label
  // is not one of the classes.
  void Add(std::span<const float> logits, int32_t label);

  size_t size() const { return labels_.size(); }

  // The expected calibration error in percent, of softmax(logits / temperature)
  // in 15 bins of equal width, each with its upper end. 0 without images.
  double Ece(double temperature) const;
  // The mean cross-entropy of softmax(logits / temperature).
  double Loss(double temperature) const;
  // The temperature with the smallest loss, to nine digits: Newton's method on
  // its inverse, in which the loss is convex, within a shrinking bracket.
  double FitTemperature() const;
  CalibrationError Calibration() const;

 private:
  std::span<const float> Row(size_t i) const {
    return std::span(logits_).subspan(i * classes_, classes_);
  }
  // Of the mean cross-entropy, by the inverse temperature.
  struct Derivatives {
    double first = 0;
    double second = 0;
  };
  Derivatives DerivativesAt(double inverse) const;

  size_t classes_ = 0;
  std::vector<float> logits_;  // [images, classes]
  std::vector<int32_t> labels_;
};

}  // namespace wsel::train
