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
#include "wsel/distributed/process_group.h"
#include "wsel/nn/build.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/facts.h"
#include "wsel/session/eval_request.h"
#include "wsel/train/confusion_matrix.h"
#include "wsel/train/evaluate.h"
#include "wsel/train/image_batches.h"
#include "wsel/train/multi_label_metrics.h"

namespace wsel::session {

struct EvalCheckpoint {
  pretrained::PretrainedCheckpoint checkpoint;
  pretrained::Facts facts;
};

// Opens a checkpoint, logs what was decided about it, and checks that its
// model can be loaded. Errors: as pretrained::FactsOf; kUsage for a given crop
// that does not count at the model's size; kMismatch for missing and unexpected
// keys.
EvalCheckpoint OpenForEval(const pretrained::CheckpointRequest& request);

// The request's data set, with the images that the run had for its test split:
// which of several it is, or what it held out.
data::DataOptions DataOfRun(const EvalRequest& request,
                            const EvalCheckpoint& opened);

// The classes that the run was limited to (data.classes), if the data set has
// these and others, and the request does not name any; else {}.
std::vector<std::string> ClassesOfRun(const EvalRequest& request,
                                      const EvalCheckpoint& opened,
                                      const std::vector<std::string>& classes);

// The outputs for a data set with only some of the checkpoint's classes, if it
// is evaluated so: as the request's `among` says; by kAuto a test split by
// itself, `partial`, of which the request names no classes, and classes of
// ImageNet-1k for its published classifier, or for one of 1000 outputs without
// names.
// Errors: as pretrained::ClassNamesOf.
pretrained::PartialMatch SomeClassesOf(const EvalRequest& request,
                                       const EvalCheckpoint& opened,
                                       const std::vector<std::string>& classes,
                                       bool partial);

// For each class of the data set the output that stands for it. Errors:
// kMismatch if the checkpoint names other classes, or has not as many.
std::vector<int64_t> OutputsOf(const EvalRequest& request,
                               const EvalCheckpoint& opened,
                               const std::string& dataset,
                               const std::vector<std::string>& classes);

// An evaluation that is ready to run. Of a run's weights it repeats the run's
// own: size, mean, std, crop, interpolation, classes, split and precision are
// the run's where the request does not say otherwise.
class Evaluation {
 public:
  // `group`: ranks that share the images; null: there is one. Errors: as
  // OpenForEval, OpenTestSplit and OutputsOf; kConfig with the differences if
  // this rank has other weights, images or options than the first.
  Evaluation(const EvalRequest& request, const c10::Device& device,
             distributed::ProcessGroup* group = nullptr);

  const data::Dataset& test() const { return test_; }
  const pretrained::Facts& facts() const { return facts_; }
  train::Precision precision() const { return options_.precision; }
  // What predictions are among, if the data set has only some of the
  // checkpoint's classes.
  std::optional<Among> among() const { return among_; }
  int64_t num_batches() const;
  int64_t batch_size() const { return batch_size_; }  // on each rank

  // Evaluates all images, once; the logits are means over the request's views.
  // Of several ranks the first has the logits of all, in order, and each has
  // the result. Errors: as train::Evaluate.
  train::Evaluation Run(const train::OnLogits& on_logits);

  // As data::Loader::corrupt_files.
  const std::vector<std::string>& corrupt_files() const {
    return loader_->corrupt_files();
  }

 private:
  // Sets `columns_`, or gives the test split all classes of the checkpoint.
  void TakeSomeClasses(const EvalRequest& request, const EvalCheckpoint& opened,
                       const c10::Device& device);
  // Of the classes of the test split.
  at::Tensor Logits(const at::Tensor& images);

  train::EvaluationOptions options_;
  TestViews views_ = TestViews::kNone;
  pretrained::Facts facts_;
  nn::Model model_;
  data::Dataset test_;
  std::optional<Among> among_;
  at::Tensor columns_;  // the outputs of its classes; undefined: all, in order
  int64_t batch_size_ = 0;
  std::unique_ptr<train::Uploader> uploader_;
  std::unique_ptr<data::Loader> loader_;
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
  // The same of multi-label images.
  void AddMultiLabel(const data::Batch& batch, const at::Tensor& logits);
  std::string MultiLabelLine(int64_t index, const at::Tensor& logits) const;

  EvalFiles files_;
  const data::Dataset& test_;
  train::ConfusionMatrix confusion_;
  train::MultiLabelTable multi_label_;  // for files_.per_class
  std::optional<AtomicFile> predictions_;
};

}  // namespace wsel::session
