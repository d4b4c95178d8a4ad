#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <memory>
#include <optional>
#include <vector>

#include "wsel/distributed/process_group.h"
#include "wsel/nn/build.h"
#include "wsel/optim/ema.h"
#include "wsel/optim/optimizer.h"
#include "wsel/optim/weight_average.h"
#include "wsel/train/distiller.h"
#include "wsel/train/loss_scaler.h"
#include "wsel/train/options.h"

namespace wsel::train {

class GradientSum;

// Part of an effective batch: images that are in memory together.
struct MicroBatch {
  at::Tensor images;   // [B, C, H, W]
  at::Tensor targets;  // [B, classes], soft
  int64_t first = 0;   // position of its first image in the effective batch
  // [B, width], the teacher's for these images; undefined without a teacher.
  at::Tensor teacher_output = {};
  // [B] bool, on the CPU: false for a skipped image, which has targets of 0 and
  // no kd_loss. Undefined: all are true.
  at::Tensor valid = {};
  // [classes], as of TaskLoss.
  at::Tensor pos_weight = {};
};

// The optimizer steps of a model: gradients of micro-batches are accumulated,
// then clipped, then the optimizer applies them. The result does not depend on
// the size of the micro-batches, except for the rounding of sums. Frozen
// parameters have no gradient and no optimizer state.
class TrainStep {
 public:
  // `model` is on `device`, and its parameters are updated in place.
  // `precision` is not kAuto; options.seed seeds drop path. `teacher_width`: of
  // MicroBatch::teacher_output, if options.distill has a method. `group`, which
  // must outlive this: each rank computes its share of the micro-batches, and
  // all take the same steps; null: there is one rank.
  TrainStep(nn::Model& model, const Options& options, Precision precision,
            const c10::Device& device, int64_t teacher_width = 0,
            distributed::ProcessGroup* group = nullptr);
  ~TrainStep();

  // Whether all parameters but the classifier's keep their weights in the steps
  // that follow, beside those of options.fine_tune.freeze. At first they do
  // not.
  void FreezeBackbone(bool frozen);

  // Adds the gradients of a micro-batch of step `step`, weighted by its
  // fraction of the effective batch. The last one of a rank's share comes last.
  void ForwardBackward(const MicroBatch& batch, int64_t step);

  // Updates the weights at learning rate `lr`, times the multiple of each by
  // options.fine_tune, and the EMA weights. Returns the loss, the mean over the
  // effective batch of all ranks, on the device. In fp16 a step with gradients
  // that overflowed changes only the loss scale.
  at::Tensor OptimizerStep(double lr);

  // The model's parameters.
  const optim::NamedTensors& parameters() const { return parameters_; }
  // Null if options.ema_decay is 0.
  const optim::Ema* ema() const { return ema_ ? &*ema_ : nullptr; }
  // Includes the present weights in the average, as the `count`-th, from 1 on.
  // options.average_last is not 0.
  void AddToAverage(int64_t count) { average_->Add(count); }
  // Null if options.average_last is 0.
  const optim::WeightAverage* average() const {
    return average_ ? &*average_ : nullptr;
  }
  // Of the last step, before clipping; undefined without clipping.
  const at::Tensor& gradient_norm() const { return norm_; }
  // The distillation term of the last step's loss; undefined without a teacher.
  const at::Tensor& kd_loss() const { return last_kd_loss_; }
  // Seconds spent waiting for other ranks' gradients since the last call; 0
  // without a group.
  double TakeWaitSeconds();

  // All that training needs to resume: weights ("model.NAME"), the optimizer's
  // state under its name ("adamw.exp_avg.NAME"), EMA weights ("ema.NAME"), the
  // average of the last epochs ("average.NAME"), the loss scale, the projector
  // ("distill.NAME").
  optim::NamedTensors StateDict() const;
  // Errors: as optim::CopyTensorsInto.
  void LoadStateDict(const optim::NamedTensors& state, std::string_view where);

 private:
  // Fills trained_, backbone_ and lr_scales_, and freezes the others.
  void ChooseTrained();

  // The mean over a micro-batch times `weight`; accumulates the kd_loss.
  at::Tensor Loss(const MicroBatch& batch, const at::Tensor& scales,
                  double weight);

  // Replaces the losses of this rank by their sums over all.
  void SumLosses();

  nn::Model& model_;
  Options options_;
  Precision precision_;
  c10::Device device_;
  optim::NamedTensors parameters_;
  std::optional<Distiller> distiller_;
  optim::NamedTensors trained_;    // the model's and the projector's
  optim::NamedTensors backbone_;   // of those, all but classifier and projector
  std::vector<double> lr_scales_;  // of trained_
  bool backbone_frozen_ = false;
  std::unique_ptr<optim::Optimizer> optimizer_;
  std::optional<optim::Ema> ema_;
  std::optional<optim::WeightAverage> average_;
  std::optional<LossScaler> scaler_;
  distributed::ProcessGroup* group_;
  int64_t steps_done_ = 0;  // after the step that sums the gradients
  int64_t share_end_;       // of this rank's positions in the effective batch
  std::unique_ptr<GradientSum> gradient_sum_;  // null without a group
  at::Tensor loss_;
  at::Tensor kd_loss_;
  at::Tensor last_kd_loss_;
  at::Tensor norm_;
};

// The model's parameters by name.
optim::NamedTensors ParametersOf(const nn::Model& model);

}  // namespace wsel::train
