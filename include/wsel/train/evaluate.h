#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "wsel/data/loader.h"
#include "wsel/distributed/process_group.h"
#include "wsel/train/image_batches.h"
#include "wsel/train/options.h"

namespace wsel::train {

// Confusion matrices of more classes are not kept: their size is the square.
inline constexpr int64_t kMaxConfusionClasses = 1000;

// Of multi-label images, in percent: see multi_label_metrics.h.
struct MultiLabelResult {
  double mean_ap = 0;
  double subset_accuracy = 0;
  int64_t unseen_classes = 0;  // that have no image and are not in mean_ap
};

struct Evaluation {
  int64_t count = 0;    // images, without the skipped ones
  int64_t skipped = 0;  // corrupt images
  double loss = 0;      // mean cross-entropy with hard labels
  double top1 = 0;      // percent
  double top5 = 0;      // percent; 100 if there are at most 5 classes
  // As in class_metrics.h, but in percent.
  double balanced_accuracy = 0;
  double macro_f1 = 0;
  // [classes, classes] int64 on the CPU, images by label and prediction;
  // undefined with more than kMaxConfusionClasses.
  at::Tensor confusion = {};
  // Of multi-label images, which have no top1, top5, balanced_accuracy and
  // confusion; `loss` is then the mean binary cross-entropy.
  std::optional<MultiLabelResult> multi_label = std::nullopt;

  // What chooses the best weights: top-1, or mAP.
  double score() const { return multi_label ? multi_label->mean_ap : top1; }
};

// Receives the logits [B, classes] (float32, on the CPU) of each batch.
using OnLogits =
    std::function<void(const data::Batch& batch, const at::Tensor& logits)>;

struct EvaluationOptions {
  HeightWidth img_size = 224;
  Precision precision = Precision::kFp32;
  c10::Device device = c10::kCPU;
  // Ranks that each have every so-manieth batch (data::EvalBatches): the result
  // is that of all, and equal to one rank's in every bit. Null: there is one.
  distributed::ProcessGroup* group = nullptr;
  // With a group: `on_logits` receives the batches of all ranks, in order and
  // without pixels, on the first one.
  bool gather = false;
  // Whether the loader's images are data::Dataset::multi_label.
  bool multi_label = false;
};

// Runs `forward` (images -> logits) on all images of a loader, without
// gradients. Among equal logits the class of lower index ranks first.
// Without `gather` `on_logits` receives this rank's batches. Errors: as
// Loader::Next; kFormat if every image is corrupt.
Evaluation Evaluate(const std::function<at::Tensor(const at::Tensor&)>& forward,
                    data::Loader& loader, Uploader& uploader,
                    const EvaluationOptions& options,
                    const OnLogits& on_logits = nullptr);

}  // namespace wsel::train
