// Torch-free.
#pragma once

#include <array>
#include <cstdint>

#include "wsel/augment/options.h"
#include "wsel/core/registry.h"
#include "wsel/optim/adamw_options.h"
#include "wsel/optim/schedule.h"

namespace wsel::train {

// In what numbers the matrix products of a step are computed. Weights, their
// moments and the loss are float32 always.
enum class Precision {
  kAuto,  // what the device does fast: see precision.h
  kFp32,
  kBf16,
  kFp16,  // with loss scaling; GPUs alone
};
// auto, fp32, bf16, fp16
const Registry<Precision>& Precisions();

// How a teacher takes part in the loss. p are softmaxes at a temperature T, O
// the features of model/outputs.h.
enum class Distillation {
  kNone,
  kLogit,    // L_class + alpha T^2 KL(p_teacher || p_student)
  kFeature,  // L_class + alpha mean |O_teacher - MLP(O_student)|
  kHard,     // (1 - alpha) L_class + alpha CE(student, the teacher's class)
};
// none, logit, feature, hard
const Registry<Distillation>& Distillations();

// Sources: paper, section 4.4 (logit, feature); DeiT, Touvron et al. 2021,
// equation 3 (hard), where the distillation token's logits learn from the
// teacher and the class token's from the labels. Logits of a student with that
// token learn so by kLogit too.
struct DistillOptions {
  Distillation method = Distillation::kNone;
  double alpha = 1;        // DeiT's is 0.5
  double temperature = 1;  // kLogit
  // The teacher sees each picture once, before the training; needs pictures
  // that are the same in each epoch.
  bool cache = false;
};

// Of a channel of the picture: (value / 255 - mean) / std.
struct Normalisation {
  // ImageNet's, for every data set, as in the official code.
  std::array<double, 3> mean = {0.485, 0.456, 0.406};
  std::array<double, 3> std = {0.229, 0.224, 0.225};
};

// A training as the paper's Table 13 has it, but for what Tables 14 and 15 give
// each data set.
struct Options {
  int64_t epochs = 300;
  int64_t warmup_epochs = 50;
  // Pictures of one step of the optimizer: the paper's "batch size".
  int64_t batch_size = 512;
  // Pictures that are in memory at once; the gradients of batch_size /
  // micro_batch of them are summed. 0: solved from memory_gb.
  int64_t micro_batch = 0;
  // Pictures that share one draw of mixup or cutmix: even, and a divisor of
  // batch_size. The official runs' 64 (ViT-T) and 128 (ConvNeXt-F) are the
  // batches of their single GPUs.
  int64_t mixup_batch = 64;
  // For micro_batch 0. 0: half of what is free on the device.
  double memory_gb = 0;
  Precision precision = Precision::kAuto;
  uint64_t seed = 0;

  double lr = 4e-3;  // at the end of the warm-up; never scaled by the batch
  double min_lr = 1e-6;
  optim::AdamWOptions optimizer;
  double clip_grad = 0;  // the gradients' largest joint L2 norm; 0: no clipping
  double drop_path = 0;  // rate of the last block
  double ema_decay = 0;  // 0: no moving average of the weights

  int64_t eval_every = 1;   // epochs; the last one is always evaluated
  double save_minutes = 1;  // at most between two saves of the run's state
  int64_t eval_batch = 0;   // 0: as many as a micro-batch

  Normalisation normalisation;
  augment::TrainTransformOptions transform;
  augment::ErasingOptions erasing;
  augment::MixOptions mix;
  DistillOptions distill;
  augment::EvalTransformOptions evaluation;
};

// The learning rate over epochs of so many steps.
optim::ScheduleOptions ScheduleOf(const Options& options,
                                  int64_t steps_per_epoch);

// Looks at all of them, those of other rooms too. Errors: kConfig at the option
// ("train.batch_size"): a number out of its range, sizes that do not divide, a
// warm-up longer than the training.
void Validate(const Options& options);

}  // namespace wsel::train
