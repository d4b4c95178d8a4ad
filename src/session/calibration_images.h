#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wsel/calibrate/images.h"
#include "wsel/pretrained/facts.h"
#include "wsel/session/student_request.h"

namespace wsel::session {

// Calibration images as a teacher expects them, at a student's size.
struct CalibrationImages {
  calibrate::Images images;
  // Others of the same split, on which agreement with the teacher is measured:
  // a quarter as many, at most kMostHeldOut; nullopt if the split has too few.
  std::optional<calibrate::Images> held_out;
  std::vector<std::string> classes;
  bool multi_label = false;  // data::Dataset::multi_label
  bool unlabelled = false;   // data::Dataset::unlabelled
};

inline constexpr int64_t kMostHeldOut = 128;

// Draws them from the training split, balanced by class; all of them, with a
// warning, if there are fewer. They need no labels. Errors: kUsage for a number
// below 1; as OpenTrainSplit.
CalibrationImages OpenCalibrationImages(const CalibrationRequest& request,
                                        const pretrained::Facts& teacher,
                                        const HeightWidth& img_size,
                                        uint64_t seed);

}  // namespace wsel::session
