#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "wsel/core/progress.h"
#include "wsel/nn/build.h"
#include "wsel/pretrained/facts.h"
#include "wsel/session/predict_request.h"

namespace wsel::session {

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
  Prediction(const PredictRequest& request, const c10::Device& device);

  const pretrained::Facts& facts() const { return facts_; }
  const std::vector<std::string>& files() const { return files_; }

  // Calls `use` for every image, in order. Returns the names of corrupt images,
  // at most 20. Errors: as data::Loader::Next.
  std::vector<std::string> Run(
      const OnProgress& progress,
      const std::function<void(const PredictedImage&)>& use);

 private:
  PredictRequest request_;
  c10::Device device_;
  pretrained::Facts facts_;
  std::vector<std::string> class_names_;  // {}: unknown
  std::vector<std::string> files_;
  nn::Model model_;
};

}  // namespace wsel::session
