// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wsel/core/progress.h"
#include "wsel/data/dataset.h"
#include "wsel/data/options.h"
#include "wsel/onnx/graph.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::session {

struct OnnxExportOptions {
  pretrained::GivenFacts given;
  int64_t opset = onnx::kMinOpset;
  DType dtype = DType::kF32;
  bool preprocess = false;  // in the graph
  // Linear layers as int8, calibrated on images of the training split of
  // `data`.
  bool int8 = false;
  int64_t calibration_images = 256;
  data::DataOptions data;
};

// What calibration found out.
struct Calibration {
  int64_t images = 0;
  int64_t agreeing = 0;  // images whose top-1 class is the same in int8
  std::vector<std::string> float_layers;  // left in float32, as graph.h says
};

// A checkpoint's model as an ONNX file. Only Calibrate, which needs forward
// passes, computes with LibTorch.
class OnnxExport {
 public:
  // Logs what was decided about the checkpoint. Both must outlive this.
  // Errors: as pretrained::FactsOf, RequireKnownHeads, RequireAllKeys and
  // RequireNoUnexpectedKeys; kUsage for contradictory options; as
  // onnx::BuildGraph.
  OnnxExport(const pretrained::PretrainedCheckpoint& checkpoint,
             const OnnxExportOptions& options);

  const pretrained::Facts& facts() const { return facts_; }
  const OnnxExportOptions& options() const { return options_; }
  const TensorSource& weights() const { return *checkpoint_.remapped.tensors; }
  // "float32", "float16" or "int8".
  std::string KindName() const;
  // For each of these classes the output that stands for it; {} if they are not
  // the checkpoint's.
  std::vector<int64_t> OutputsOf(const std::vector<std::string>& classes) const;

  // With `int8`, before Write: finds the ranges, and compares the model with
  // the original on the same images. Errors: as OpenTrainSplit and
  // data::Loader::Next; kMismatch if an activation is not finite.
  Calibration Calibrate(const OnProgress& progress);

  // As onnx::WriteModel.
  void Write(const std::filesystem::path& output,
             const std::string& command) const;
  // The same model in float32 without options, to compare it with.
  void WriteReference(const std::filesystem::path& output) const;

 private:
  onnx::GraphOptions GraphOptions() const;

  const pretrained::PretrainedCheckpoint& checkpoint_;
  const OnnxExportOptions& options_;
  pretrained::Facts facts_;
  std::optional<onnx::Ranges> ranges_;
};

}  // namespace wsel::session
