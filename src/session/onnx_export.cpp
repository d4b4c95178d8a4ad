#include "wsel/session/onnx_export.h"

#include <ATen/ATen.h>
#include <spdlog/spdlog.h>

#include "model_images.h"
#include "wsel/core/error.h"
#include "wsel/data/subset.h"
#include "wsel/onnx/metadata.h"
#include "wsel/onnx/model_file.h"
#include "wsel/onnx/run_graph.h"
#include "wsel/pretrained/classes.h"
#include "wsel/session/open_splits.h"

namespace wsel::session {
namespace {

void CheckOptions(const OnnxExportOptions& options) {
  if (!options.int8) return;
  if (options.data.name.empty()) {
    throw Error(ErrorKind::kUsage, "quantize",
                "needs images to calibrate with: --dataset and --data-root");
  }
  if (options.calibration_images < 1) {
    throw Error(ErrorKind::kUsage, "calibration_images",
                "is {}; int8 needs at least one image, better 256",
                options.calibration_images);
  }
}

// A part of the training split, so that accuracy on the test split is that on
// unseen images.
data::Dataset CalibrationImages(const OnnxExportOptions& options) {
  const data::Dataset train = OpenTrainSplit(options.data);
  if (train.size() <= options.calibration_images) {
    spdlog::info("calibrating with all {} images of {}", train.size(),
                 train.name);
    return train;
  }
  return data::Subset(train, {.count = options.calibration_images},
                      options.data.subset_seed);
}

}  // namespace

OnnxExport::OnnxExport(const pretrained::PretrainedCheckpoint& checkpoint,
                       const OnnxExportOptions& options)
    : checkpoint_(checkpoint),
      options_(options),
      facts_(FactsOf(checkpoint, options.given)) {
  CheckOptions(options);
  if (!options.given.model) RequireKnownHeads(checkpoint);
  RequireAllKeys(checkpoint, facts_.model);
  RequireNoUnexpectedKeys(checkpoint, facts_.model);
  // Finds what cannot be exported before images are read.
  auto graph_options = GraphOptions();
  if (options.int8) graph_options.ranges = onnx::Ranges();
  onnx::CheckExportable(facts_.model, graph_options);
  LogFacts(facts_, checkpoint.file->path().string());
  LogLoadReport(checkpoint, options.given.model.has_value());
}

std::string OnnxExport::KindName() const {
  return options_.int8 ? "int8" : std::string(wsel::Name(options_.dtype));
}

std::vector<int64_t> OnnxExport::OutputsOf(
    const std::vector<std::string>& classes) const {
  return MatchClasses(checkpoint_, NumClasses(facts_.model), classes,
                      pretrained::ClassOrder::kNames)
      .outputs;
}

onnx::GraphOptions OnnxExport::GraphOptions() const {
  onnx::GraphOptions out{.opset = options_.opset, .dtype = options_.dtype};
  if (options_.preprocess) {
    out.preprocess = facts_.mean_std.normalisation();
  }
  out.ranges = ranges_;
  return out;
}

Calibration OnnxExport::Calibrate(const OnProgress& progress) {
  const TensorSource& tensors = weights();
  const data::Dataset images = CalibrationImages(options_);
  ModelImagesOptions loading{.workers = static_cast<int>(options_.data.workers),
                             .skip_corrupt = options_.data.skip_corrupt,
                             .title = "calibrate"};
  const auto exact =
      onnx::BuildGraph(facts_.model, tensors, {.opset = options_.opset});
  onnx::RangeRecorder recorder(exact);
  std::vector<at::Tensor> best;
  ForEachBatch(images, facts_, loading, progress,
               [&](const at::Tensor& batch, const std::vector<int64_t>&) {
                 best.push_back(recorder.Run(batch).argmax(1));
               });
  if (best.empty()) {
    throw Error(ErrorKind::kFormat, images.name,
                "has no image that can be read, so nothing to calibrate with");
  }
  ranges_ = recorder.ranges();
  const auto rounded = onnx::BuildGraph(
      facts_.model, tensors, {.opset = options_.opset, .ranges = ranges_});
  onnx::GraphRunner runner(rounded);
  Calibration result{.float_layers = rounded.float_layers};
  size_t batch_index = 0;
  loading.title = "compare";
  ForEachBatch(images, facts_, loading, progress,
               [&](const at::Tensor& batch, const std::vector<int64_t>&) {
                 const auto same =
                     runner.Run(batch).argmax(1) == best.at(batch_index++);
                 result.images += batch.size(0);
                 result.agreeing += same.sum().item<int64_t>();
               });
  return result;
}

void OnnxExport::Write(const std::filesystem::path& output,
                       const std::string& command) const {
  const auto graph = onnx::BuildGraph(facts_.model, weights(), GraphOptions());
  onnx::WriteModel(output, graph,
                   onnx::MetadataOf(checkpoint_, facts_, command));
}

void OnnxExport::WriteReference(const std::filesystem::path& output) const {
  onnx::GraphOptions options = GraphOptions();
  options.dtype = DType::kF32;
  options.ranges = std::nullopt;
  onnx::WriteModel(output, onnx::BuildGraph(facts_.model, weights(), options),
                   {});
}

}  // namespace wsel::session
