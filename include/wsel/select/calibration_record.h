// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wsel::select {

// How much of the teacher's residual stream a student has after a block, over
// all calibration images and tokens or positions.
struct StreamAgreement {
  std::string block;  // of the student: "blocks.3"
  // The part of the energy of the teacher's stream (without its mean over the
  // channels) that lies in the student's channels, 0 to 1.
  double kept = 0;
  // |s - x|^2 / |x|^2 for the student's stream s and the teacher's in the
  // student's channels, x; 0 for a student as large as its teacher.
  double error = 0;

  bool operator==(const StreamAgreement&) const = default;
};

// Measured on images that the student was not fitted to, where there are
// enough.
struct Agreement {
  // Percent of the images that both classify alike; nullopt if the student's
  // classifier is not the teacher's.
  std::optional<double> top1;
  std::vector<StreamAgreement> stream;  // {}: channels are not kept together
  // Images that it was measured on, the next ones of the order in which
  // CalibrationRecord::seed draws; 0: those of the record, which the student
  // was fitted to.
  int64_t held_out = 0;

  bool operator==(const Agreement&) const = default;
};

// The images that a plan was made from. Their digest is over what the model
// sees: the transformed pixels, and with Calibration::kGradients the labels.
struct CalibrationRecord {
  std::string dataset;  // a name of wsel datasets; its training split
  int64_t images = 0;
  uint64_t seed = 0;                   // that chose them
  std::string digest;                  // SHA-256
  std::optional<Agreement> agreement;  // nullopt: the student is not computed
  // By which the teacher's inputs were normalised; {} in older plans.
  std::vector<double> mean = {};
  std::vector<double> std = {};

  bool operator==(const CalibrationRecord&) const = default;
};

}  // namespace wsel::select
