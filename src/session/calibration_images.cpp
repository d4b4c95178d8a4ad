#include "calibration_images.h"

#include <spdlog/spdlog.h>

#include "wsel/core/error.h"
#include "wsel/data/subset.h"
#include "wsel/session/open_splits.h"
#include "wsel/train/eval_transform.h"

namespace wsel::session {

CalibrationImages OpenCalibrationImages(const CalibrationRequest& request,
                                        const pretrained::Facts& teacher,
                                        const HeightWidth& img_size,
                                        uint64_t seed) {
  if (request.images < 1) {
    throw Error(ErrorKind::kUsage, "calibration_images",
                "is {}; it must be at least 1", request.images);
  }
  data::DataOptions options = request.data;
  // Each pass reads the files again, so that memory does not grow with them.
  options.cache_dir.clear();
  options.cache_gib = 0;
  data::Dataset set = OpenTrainSplit(options);
  if (set.size() < request.images) {
    spdlog::warn("{} has {} images, not {}: all are calibrated on", set.name,
                 set.size(), request.images);
  } else {
    set = data::Subset(set, {.count = request.images}, seed);
  }
  spdlog::info("calibrating on {} images of {}, {}", set.size(), options.name,
               Describe(teacher.mean_std));
  augment::EvalTransformOptions transform = train::EvalTransformOf(teacher);
  transform.img_size = img_size;
  return {calibrate::Images(set, transform, teacher.mean_std.normalisation()),
          set.classes, set.multi_label()};
}

}  // namespace wsel::session
