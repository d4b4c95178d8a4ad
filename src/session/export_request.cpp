#include "wsel/session/export_request.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "wsel/core/error.h"
#include "wsel/session/dry_run.h"

namespace wsel::session {

pretrained::CheckpointRequest CheckpointOf(const ExportRequest& request) {
  return {request.input, request.copy, request.num_heads,
          request.options.given};
}

void CheckExportRequest(const ExportRequest& request) {
  if (request.input.empty() || request.output.empty()) {
    throw Error(ErrorKind::kUsage, request.input.empty() ? "CHECKPOINT" : "OUT",
                "is missing: wsel export CHECKPOINT OUT.onnx");
  }
  if (std::filesystem::path(request.output).extension() != ".onnx") {
    throw Error(ErrorKind::kUsage, request.output,
                "has an unknown extension; ONNX files end in .onnx");
  }
  const data::DataOptions& data = request.options.data;
  if (data.name.empty() != data.root.empty()) {
    throw Error(ErrorKind::kUsage, data.name.empty() ? "dataset" : "data_root",
                "is missing: a data set needs both");
  }
  if (data.name.empty() && !data.labels.empty()) {
    throw Error(ErrorKind::kUsage, "labels", "needs `dataset` folder");
  }
  if (!data.name.empty() && !request.options.int8 && !request.verify) {
    throw Error(ErrorKind::kUsage, "dataset",
                "is for `quantize` and `verify`; a float export reads no "
                "images");
  }
}

void DryRunExport(const ExportRequest& request, const Print& print) {
  const data::DataOptions& data = request.options.data;
  std::optional<SplitSizes> sizes;
  if (!data.name.empty()) sizes = DryRunSizes(data, Splits::kBoth, print);
  if (!ListIfMissing(request.input, print)) {
    const auto checkpoint = pretrained::Open(CheckpointOf(request));
    const OnnxExport exported(checkpoint, request.options);
    print(fmt::format("model       {}, {}\n", NameOf(exported.facts().model),
                      exported.KindName()));
  }
  if (!sizes) return;
  if (request.options.int8) {
    print(fmt::format("calibration {} of {}\n",
                      request.options.calibration_images,
                      CountText(sizes->train)));
  }
  if (request.verify) {
    print(fmt::format("test        {}\n", CountText(sizes->test)));
  }
}

}  // namespace wsel::session
