#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <string>
#include <vector>

#include "wsel/data/dataset.h"
#include "wsel/data/loader.h"
#include "wsel/data/options.h"
#include "wsel/nn/build.h"
#include "wsel/pretrained/facts.h"
#include "wsel/train/evaluate.h"
#include "wsel/train/upload.h"

namespace wsel::session {

// A checkpoint to evaluate on a data set's test split.
struct EvalRequest {
  std::string checkpoint;
  pretrained::GivenFacts given;
  data::DataOptions data;
  double crop_pct = 0.875;
  int64_t batch_size = 0;  // images; 0: what fits into free memory
  train::Precision precision = train::Precision::kFp32;  // not kAuto
  c10::Device device = c10::kCPU;
};

struct EvalCheckpoint {
  pretrained::PretrainedCheckpoint checkpoint;
  pretrained::Facts facts;
};

// Opens the checkpoint, logs what was decided about it, and checks that its
// model can be loaded. Errors: as pretrained::FactsOf; kMismatch for missing
// and unexpected keys.
EvalCheckpoint OpenForEval(const EvalRequest& request);

// Errors: kMismatch if the model has not as many classes as the data set.
void CheckClasses(const model::Config& config, const std::string& dataset,
                  int64_t classes);

// An evaluation that is ready to run.
class Evaluation {
 public:
  // Errors: as OpenForEval, OpenTestSplit and CheckClasses.
  explicit Evaluation(const EvalRequest& request);

  const data::Dataset& test() const { return test_; }
  int64_t num_batches() const;

  // Evaluates all images, once. Errors: as train::Evaluate.
  train::Evaluation Run(const train::OnLogits& on_logits);

  // As data::Loader::corrupt_files.
  const std::vector<std::string>& corrupt_files() const {
    return loader_->corrupt_files();
  }

 private:
  train::EvaluationOptions options_;
  nn::Model model_;
  data::Dataset test_;
  int64_t batch_size_ = 0;
  std::unique_ptr<train::Uploader> uploader_;
  std::unique_ptr<data::Loader> loader_;
};

}  // namespace wsel::session
