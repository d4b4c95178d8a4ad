#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "wsel/core/progress.h"
#include "wsel/naming/remap_state_dict.h"
#include "wsel/nn/build.h"
#include "wsel/pretrained/facts.h"

namespace wsel::session {

struct PredictRequest {
  std::string checkpoint;
  naming::CopyChoice copy;
  int64_t num_heads = 0;  // 0: the file's
  pretrained::GivenFacts given;
  std::vector<std::string> inputs;  // image files, and folders of them
  bool exif = false;  // turn images upright first, which timm does not
  int64_t top = 5;    // classes per image; at most all
  int64_t workers = -1;
  bool skip_corrupt = false;
  c10::Device device = c10::kCPU;
};

struct PredictedClass {
  int64_t index = 0;       // of the classifier's output
  std::string name;        // "": the checkpoint names no classes
  double probability = 0;  // by softmax over all classes
};

struct PredictedImage {
  std::string file;
  std::vector<PredictedClass> classes;  // the most probable one first
};

// A checkpoint's model, ready to classify image files as wsel eval would.
class Prediction {
 public:
  // Errors: as OpenForEval; kMismatch without a classifier; kUsage without
  // images; kIo, kFormat for the folders.
  explicit Prediction(const PredictRequest& request);

  const pretrained::Facts& facts() const { return facts_; }
  const std::vector<std::string>& files() const { return files_; }

  // Calls `use` for every image, in order. Returns the names of corrupt images,
  // at most 20. Errors: as data::Loader::Next.
  std::vector<std::string> Run(
      const OnProgress& progress,
      const std::function<void(const PredictedImage&)>& use);

 private:
  PredictRequest request_;
  pretrained::Facts facts_;
  std::vector<std::string> class_names_;  // {}: unknown
  std::vector<std::string> files_;
  nn::Model model_;
};

}  // namespace wsel::session
