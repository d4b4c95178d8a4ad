// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "wsel/naming/remap_state_dict.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/session/onnx_calibration.h"
#include "wsel/session/onnx_export.h"
#include "wsel/session/onnx_verify.h"
#include "wsel/session/print.h"

namespace wsel::session {

// An export as given on the command line.
struct ExportRequest {
  std::string input;
  std::string output;
  naming::CopyChoice copy;
  int64_t num_heads = 0;  // of a ViT; 0: the file's
  OnnxExportOptions options;
  bool verify = false;
  VerifyOptions verification;
};

pretrained::CheckpointRequest CheckpointOf(const ExportRequest& request);

// Checks what can be checked before any file is read. Errors: kUsage.
void CheckExportRequest(const ExportRequest& request);

// Prints missing files, the model and the number of images, and checks all
// else that an export checks before it computes. Errors: as OnnxExport.
void DryRunExport(const ExportRequest& request, const Print& print);

}  // namespace wsel::session
