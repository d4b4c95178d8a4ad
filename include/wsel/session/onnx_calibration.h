// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/core/progress.h"
#include "wsel/session/onnx_export.h"

namespace wsel::session {

// What calibration found out.
struct Calibration {
  int64_t images = 0;
  int64_t agreeing = 0;  // images with the same top-1 class in int8
  std::vector<std::string> float_layers = {};  // as onnx::Graph has them
};

// Finds the ranges of an int8 export by computing its float32 graph for images
// of the training split, gives them to `exported`, and computes the int8 graph
// for the same images. Errors: as OpenTrainSplit, data::Loader::Next and
// onnx::BuildGraph; kMismatch if an activation is not finite.
Calibration Calibrate(OnnxExport& exported, const OnProgress& progress);

}  // namespace wsel::session
