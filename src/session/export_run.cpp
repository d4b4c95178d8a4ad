#include "wsel/session/export_run.h"

#include <nlohmann/json.hpp>

#include "wsel/session/log.h"
#include "wsel/session/onnx_runtime.h"

namespace wsel::session {
namespace {

using Json = nlohmann::ordered_json;
using Path = std::filesystem::path;

Json VerificationJson(const Verification& result) {
  Json files = Json::array();
  for (const VerifiedFile& file : result.files) {
    Json row = {{"name", file.name},
                {"size", file.size},
                {"error", file.error},
                {"agreement", file.agreement}};
    if (file.top1) row["top1"] = *file.top1;
    row["milliseconds"] = file.milliseconds;
    files.push_back(row);
  }
  return {
      {"runtime", result.runtime}, {"images", result.images}, {"files", files}};
}

}  // namespace

ExportedFile Export(const ExportRequest& request, const ExportSteps& steps,
                    const std::string& command) {
  if (request.options.int8 || request.verify) steps.prepare();
  const auto checkpoint = pretrained::Open(CheckpointOf(request));
  OnnxExport exported(checkpoint, request.options);
  // Before calibration, which may take minutes.
  if (request.verify) RequireOnnxRuntime(request.verification.python);
  ProgressMeter meter(ProgressOnStderr(30));
  const OnProgress show = ShowOn(meter);
  ExportedFile file{.output = request.output,
                    .model = NameOf(exported.facts().model),
                    .kind = exported.KindName(),
                    .opset = request.options.opset,
                    .preprocess = request.options.preprocess};
  if (request.options.int8) file.calibration = steps.calibrate(exported, show);
  std::function<void(const Path&)> verify;
  if (request.verify) {
    verify = [&](const Path& written) {
      file.verification = steps.verify(exported, written, request.output,
                                       request.verification, show);
    };
  }
  exported.Write(request.output, command, verify);
  meter.Clear();
  file.size = std::filesystem::file_size(request.output);
  return file;
}

Json ToJson(const ExportedFile& file) {
  Json json = {{"output", file.output}, {"size", file.size},
               {"model", file.model},   {"kind", file.kind},
               {"opset", file.opset},   {"preprocess", file.preprocess}};
  if (file.calibration) {
    json["calibration"] = {{"images", file.calibration->images},
                           {"agreeing", file.calibration->agreeing},
                           {"float_layers", file.calibration->float_layers}};
  }
  if (file.verification) {
    json["verification"] = VerificationJson(*file.verification);
  }
  return json;
}

}  // namespace wsel::session
