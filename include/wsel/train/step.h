#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <optional>

#include "wsel/model/build.h"
#include "wsel/optim/adamw.h"
#include "wsel/optim/ema.h"
#include "wsel/train/distiller.h"
#include "wsel/train/loss_scaler.h"
#include "wsel/train/options.h"

namespace wsel::train {

// Part of a step: pictures that are in memory together.
struct MicroBatch {
  at::Tensor images;   // [B, 3, H, W]
  at::Tensor targets;  // [B, classes], soft
  int64_t first = 0;   // position of its first picture in the effective batch
  // [B, width], what a teacher says to these images; undefined without one.
  at::Tensor taught;
};

// One update of a model's weights: gradients of micro-batches are summed, then
// clipped, then AdamW takes them. What it computes does not depend on the size
// of the micro-batches, but for the rounding of sums.
class Step {
 public:
  // `model` is on `device` and shares its parameters. `precision` is none of
  // kAuto; options.seed addresses drop path. `teacher_width`: of MicroBatch's
  // `taught`, where options.distill wants one.
  Step(model::Model& model, const Options& options, Precision precision,
       const c10::Device& device, int64_t teacher_width = 0);

  // Adds the gradients of a part of step `step`, weighted with its share of the
  // effective batch.
  void Accumulate(const MicroBatch& part, int64_t step);

  // Updates the weights at learning rate `lr`, and the moving average. Returns
  // the loss, the mean over the effective batch, on the device. In fp16 a step
  // whose gradients overflowed changes nothing but the scale.
  at::Tensor Update(double lr);

  // Null where options.ema_decay is 0.
  const optim::Ema* ema() const { return ema_ ? &*ema_ : nullptr; }
  // Of the last update, before clipping; undefined without clipping.
  const at::Tensor& gradient_norm() const { return norm_; }
  // The teacher's part of the last update's loss; undefined without one.
  const at::Tensor& taught_loss() const { return last_taught_; }

  // Everything that decides how the training goes on: weights ("model.NAME"),
  // moments ("adamw.NAME"), averages ("ema.NAME"), the loss scale, the
  // distillation's Mlp ("distill.NAME").
  optim::NamedTensors ExportState() const;
  // Errors: as optim::Restore.
  void ImportState(const optim::NamedTensors& state, std::string_view where);

 private:
  // The mean over a part; adds up what of it is the teacher's.
  at::Tensor Loss(const MicroBatch& part, const at::Tensor& scales,
                  double share);

  model::Model& model_;
  Options options_;
  Precision precision_;
  c10::Device device_;
  optim::NamedTensors parameters_;
  std::optional<Distiller> distiller_;
  optim::NamedTensors trained_;  // the model's and the distiller's
  optim::AdamW optimizer_;
  std::optional<optim::Ema> ema_;
  std::optional<LossScaler> scaler_;
  at::Tensor loss_;
  at::Tensor taught_;
  at::Tensor last_taught_;
  at::Tensor norm_;
};

// The model's parameters by name.
optim::NamedTensors ParametersOf(const model::Model& model);

}  // namespace wsel::train
