// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "wsel/core/progress.h"
#include "wsel/session/export_request.h"
#include "wsel/session/onnx_calibration.h"
#include "wsel/session/onnx_export.h"
#include "wsel/session/onnx_verify.h"

namespace wsel::session {

// What takes LibTorch, for int8 and for a file that is verified. In the program
// without it a call continues in the other one, so `prepare` is called before
// anything is logged or written.
struct ExportSteps {
  std::function<void()> prepare;
  // As Calibrate and Verify.
  std::function<Calibration(OnnxExport&, const OnProgress&)> calibrate;
  std::function<Verification(const OnnxExport&,
                             const std::filesystem::path& written,
                             const std::filesystem::path& output,
                             const VerifyOptions&, const OnProgress&)>
      verify;
};

// A written file.
struct ExportedFile {
  std::string output;
  uint64_t size = 0;  // bytes
  std::string model;
  std::string kind;  // as OnnxExport::KindName
  int64_t opset = 0;
  bool preprocess = false;
  std::optional<Calibration> calibration = {};
  std::optional<Verification> verification = {};
};

// Opens the checkpoint, calibrates, writes and verifies the file, and only then
// puts it in its place; shows progress on stderr. `command` is the whole
// command line. Errors: as pretrained::Open, OnnxExport, RequireOnnxRuntime,
// Calibrate and Verify; kIo.
ExportedFile Export(const ExportRequest& request, const ExportSteps& steps,
                    const std::string& command);

nlohmann::ordered_json ToJson(const ExportedFile& file);

}  // namespace wsel::session
