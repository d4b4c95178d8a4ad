#include "calibration_images.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "wsel/core/error.h"
#include "wsel/data/subset.h"
#include "wsel/session/open_splits.h"
#include "wsel/train/eval_transform.h"

namespace wsel::session {
namespace {

// Beside `count` images; 0: there are too few.
int64_t HeldOutOf(const data::Dataset& set, int64_t count) {
  const int64_t wanted = std::clamp<int64_t>(count / 4, 1, kMostHeldOut);
  return set.size() - count >= wanted ? wanted : 0;
}

}  // namespace

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
  options.labels_optional = true;
  options.in_chans = InChans(teacher.model);
  const data::Dataset all = OpenTrainSplit(options);
  data::Dataset set = all;
  if (all.size() < request.images) {
    spdlog::warn("{} has {} images, not {}: all are calibrated on", all.name,
                 all.size(), request.images);
  } else {
    set = data::Subset(all, {.count = request.images}, seed);
  }
  spdlog::info("calibrating on {} images of {}, {}{}", set.size(), options.name,
               Describe(teacher.mean_std),
               all.unlabelled ? ", without labels" : "");
  augment::EvalTransformOptions transform = train::EvalTransformOf(teacher);
  transform.img_size = img_size;
  const auto images_of = [&](const data::Dataset& part) {
    return calibrate::Images(part, transform, teacher.mean_std.normalisation());
  };
  CalibrationImages opened{images_of(set), std::nullopt, all.classes,
                           all.multi_label(), all.unlabelled};
  if (const int64_t held_out = HeldOutOf(all, set.size()); held_out > 0) {
    opened.held_out =
        images_of(data::SubsetAfter(all, set.size(), held_out, seed));
  }
  return opened;
}

}  // namespace wsel::session
