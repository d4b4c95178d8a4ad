// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wsel/core/registry.h"
#include "wsel/data/options.h"
#include "wsel/onnx/graph.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/tensor/dtype.h"

namespace wsel::session {

// What a graph computes in: float32, float16.
const Registry<DType>& ExportDTypes();

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

// A checkpoint's model as an ONNX file. Computes nothing: the ranges for int8
// are found by Calibrate (onnx_calibration.h).
class OnnxExport {
 public:
  // Logs what was decided about the checkpoint. Both must outlive this.
  // Errors: as pretrained::FactsOf, CheckCrop, RequireKnownHeads,
  // RequireAllKeys and RequireNoUnexpectedKeys; kUsage for contradictory
  // options; as onnx::BuildGraph.
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

  // With `int8`, before Write.
  void UseRanges(onnx::Ranges ranges) { ranges_ = std::move(ranges); }
  // The graph as it is written, or in float32, or with images normalised before
  // it. Errors: as onnx::BuildGraph.
  enum class Kind { kAsWritten, kFloat32 };
  enum class Input { kAsWritten, kNormalised };
  onnx::Graph BuildGraph(Kind kind, Input input) const;

  // As onnx::WriteModel: `verify` receives the whole file before it is there
  // under its name.
  void Write(const std::filesystem::path& output, const std::string& command,
             const std::function<void(const std::filesystem::path&)>& verify =
                 nullptr) const;

 private:
  onnx::GraphOptions GraphOptions() const;

  const pretrained::PretrainedCheckpoint& checkpoint_;
  const OnnxExportOptions& options_;
  pretrained::Facts facts_;
  std::optional<onnx::Ranges> ranges_;
};

}  // namespace wsel::session
