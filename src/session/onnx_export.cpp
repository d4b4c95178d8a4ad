#include "wsel/session/onnx_export.h"

#include <array>

#include "wsel/core/error.h"
#include "wsel/onnx/metadata.h"
#include "wsel/onnx/model_file.h"
#include "wsel/pretrained/classes.h"

namespace wsel::session {
namespace {

constexpr std::array<Registered<DType>, 2> kExportDTypes = {{
    {DType::kF32, "float32", "exact"},
    {DType::kF16, "float16", "half the size; input and logits stay float32"},
}};
constexpr Registry<DType> kExportDTypeNames("dtype", kExportDTypes);

void CheckOptions(const OnnxExportOptions& options) {
  if (!options.int8) return;
  if (options.data.name.empty()) {
    throw Error(ErrorKind::kUsage, "quantize",
                "needs images to calibrate with: `dataset` and `data_root`");
  }
  if (options.calibration_images < 1) {
    throw Error(ErrorKind::kUsage, "calibration_images",
                "is {}; int8 needs at least one image, better 256",
                options.calibration_images);
  }
}

}  // namespace

const Registry<DType>& ExportDTypes() { return kExportDTypeNames; }

OnnxExport::OnnxExport(const pretrained::PretrainedCheckpoint& checkpoint,
                       const OnnxExportOptions& options)
    : checkpoint_(checkpoint),
      options_(options),
      facts_(FactsOf(checkpoint, options.given)) {
  CheckOptions(options);
  CheckCrop(options.given, facts_);
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

onnx::Graph OnnxExport::BuildGraph(Kind kind, Input input) const {
  onnx::GraphOptions options = GraphOptions();
  if (kind == Kind::kFloat32) {
    options.dtype = DType::kF32;
    options.ranges = std::nullopt;
  }
  if (input == Input::kNormalised) options.preprocess = std::nullopt;
  return onnx::BuildGraph(facts_.model, weights(), options);
}

void OnnxExport::Write(
    const std::filesystem::path& output, const std::string& command,
    const std::function<void(const std::filesystem::path&)>& verify) const {
  onnx::WriteModel(output, BuildGraph(Kind::kAsWritten, Input::kAsWritten),
                   onnx::MetadataOf(checkpoint_, facts_, command), verify);
}

}  // namespace wsel::session
