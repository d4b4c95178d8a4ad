#include "wsel/session/onnx_calibration.h"

#include <ATen/ATen.h>
#include <spdlog/spdlog.h>

#include "model_images.h"
#include "wsel/core/error.h"
#include "wsel/data/subset.h"
#include "wsel/onnx/run_graph.h"
#include "wsel/session/open_splits.h"

namespace wsel::session {
namespace {

// A part of the training split, so that accuracy on the test split is that on
// unseen images.
data::Dataset CalibrationImages(const OnnxExport& exported) {
  const OnnxExportOptions& options = exported.options();
  data::DataOptions data = options.data;
  data.in_chans = InChans(exported.facts().model);
  data::Dataset train = OpenTrainSplit(data);
  if (train.size() <= options.calibration_images) {
    spdlog::info("calibrating with all {} images of {}", train.size(),
                 train.name);
    return train;
  }
  return data::Subset(train, {.count = options.calibration_images},
                      options.data.subset_seed);
}

}  // namespace

Calibration Calibrate(OnnxExport& exported, const OnProgress& progress) {
  const OnnxExportOptions& options = exported.options();
  const data::Dataset images = CalibrationImages(exported);
  ModelImagesOptions loading{.workers = static_cast<int>(options.data.workers),
                             .skip_corrupt = options.data.skip_corrupt,
                             .title = "calibrate"};
  const onnx::Graph exact = exported.BuildGraph(OnnxExport::Kind::kFloat32,
                                                OnnxExport::Input::kNormalised);
  onnx::RangeRecorder recorder(exact);
  std::vector<at::Tensor> best;
  ForEachBatch(images, exported.facts(), loading, progress,
               [&](const at::Tensor& batch, const std::vector<int64_t>&) {
                 best.push_back(recorder.Run(batch).argmax(1));
               });
  if (best.empty()) {
    throw Error(ErrorKind::kFormat, images.name,
                "has no image that can be read, so nothing to calibrate with");
  }
  exported.UseRanges(recorder.ranges());
  const onnx::Graph rounded = exported.BuildGraph(
      OnnxExport::Kind::kAsWritten, OnnxExport::Input::kNormalised);
  onnx::GraphRunner runner(rounded);
  Calibration result{.float_layers = rounded.float_layers};
  size_t batch_index = 0;
  loading.title = "compare";
  ForEachBatch(images, exported.facts(), loading, progress,
               [&](const at::Tensor& batch, const std::vector<int64_t>&) {
                 const auto same =
                     runner.Run(batch).argmax(1) == best.at(batch_index++);
                 result.images += batch.size(0);
                 result.agreeing += same.sum().item<int64_t>();
               });
  return result;
}

}  // namespace wsel::session
