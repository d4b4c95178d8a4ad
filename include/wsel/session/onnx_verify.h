// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wsel/core/progress.h"
#include "wsel/session/onnx_export.h"

namespace wsel::session {

// An ONNX file in onnxruntime, compared with the checkpoint's own model.
struct VerifiedFile {
  std::string name;   // "float32", "int8"
  uint64_t size = 0;  // bytes
  double error = 0;   // the largest of a logit, relative to the largest logit
  double agreement = 0;  // percent of images with the same top-1 class
  std::optional<double> top1 = {};  // percent; nullopt: without labels
  double milliseconds = 0;  // of a single image, on one thread; the median
};

struct Verification {
  std::string runtime = {};  // "onnxruntime 1.23.0"
  std::string images;        // "256 images of cifar10 test", "8 random images"
  std::vector<VerifiedFile> files = {};  // the last one is the exported file
};

struct VerifyOptions {
  std::string python = "python3";
  int64_t max_images = 256;
};

// Runs `written`, the file that becomes `output` if it is right, and a float32
// file of the same model if it is something else, by `options.python` on images
// of the test split, or on random ones without a data set. Errors: as
// RunInOnnxRuntime (onnx_runtime.h) and OpenTestSplit; kMismatch if logits are
// not finite, or a float32 file's error exceeds 1e-4.
Verification Verify(const OnnxExport& exported,
                    const std::filesystem::path& written,
                    const std::filesystem::path& output,
                    const VerifyOptions& options, const OnProgress& progress);

}  // namespace wsel::session
