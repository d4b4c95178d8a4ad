#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wsel/core/atomic_file.h"
#include "wsel/data/dataset.h"
#include "wsel/data/loader.h"
#include "wsel/data/options.h"
#include "wsel/nn/build.h"
#include "wsel/pretrained/facts.h"
#include "wsel/train/confusion_matrix.h"
#include "wsel/train/evaluate.h"
#include "wsel/train/image_batches.h"

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

// Files that `wsel eval` writes beside its result; "": not asked for.
struct EvalFiles {
  std::string predictions;  // one JSON line per image
  bool logits = false;      // in it
  std::string confusion;    // CSV
  std::string per_class;    // CSV
};

// Collects what these files hold, batch by batch.
class EvalOutputs {
 public:
  EvalOutputs(const EvalFiles& files, const data::Dataset& test);

  // Logits [B, classes] of a batch, on the CPU.
  void Add(const data::Batch& batch, const at::Tensor& logits);
  // Errors: kIo.
  void Write();

 private:
  // The line of an image in the predictions file.
  std::string PredictionLine(int64_t index, const at::Tensor& logits) const;

  const EvalFiles& files_;
  const data::Dataset& test_;
  train::ConfusionMatrix confusion_;
  std::optional<AtomicFile> predictions_;
};

}  // namespace wsel::session
