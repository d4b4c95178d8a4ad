#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "wsel/core/progress.h"
#include "wsel/nn/build.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/facts.h"
#include "wsel/session/predict_request.h"

namespace wsel::session {

struct PredictedClass {
  int64_t index = 0;             // of the classifier's output
  std::string name;              // "": the checkpoint names no classes
  std::string description = {};  // the words of ImageNet's synsets; else ""
  double probability = 0;        // by softmax over all classes, or sigmoid
};

struct PredictedImage {
  std::string file;
  // The most probable one first; of multi-label models those above the
  // threshold, which may be none.
  std::vector<PredictedClass> classes;
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
  // The classes of an image with these probabilities [classes], float64.
  std::vector<PredictedClass> ClassesOf(const at::Tensor& probabilities) const;

  PredictRequest request_;
  int64_t top_ = 0;                  // classes per image at most
  std::optional<double> threshold_;  // of a multi-label model
  c10::Device device_;
  pretrained::Facts facts_;
  pretrained::ClassNames class_names_;  // {}: unknown
  std::vector<std::string> files_;
  nn::Model model_;
};

}  // namespace wsel::session
