#include "calibration_images.h"

#include <spdlog/spdlog.h>

#include "wsel/core/error.h"
#include "wsel/data/subset.h"
#include "wsel/session/open_splits.h"

namespace wsel::session {

CalibrationImages OpenCalibrationImages(const CalibrationRequest& request,
                                        const pretrained::Facts& teacher,
                                        int64_t img_size, uint64_t seed) {
  if (request.images < 1) {
    throw Error(ErrorKind::kUsage, "calibration_images",
                "is {}; it must be at least 1", request.images);
  }
  data::DataOptions options = request.data;
  options.cache_dir.clear();
  data::Dataset set = OpenTrainSplit(options);
  if (set.size() < request.images) {
    spdlog::warn("{} has {} images, not {}: all are calibrated on", set.name,
                 set.size(), request.images);
  } else {
    set = data::Subset(set, {.count = request.images}, seed);
  }
  spdlog::info("calibrating on {} images of {}, {}", set.size(), options.name,
               Describe(teacher.mean_std));
  const augment::EvalTransformOptions transform{
      .img_size = static_cast<int>(img_size),
      .crop_pct = teacher.crop_pct.value,
      .interpolation = teacher.interpolation.value,
      .pass_order = teacher.pass_order.value};
  return {calibrate::Images(set, transform, teacher.mean_std.normalisation()),
          set.classes};
}

}  // namespace wsel::session
