// Torch-free.
#pragma once

#include <cstdint>

#include "wsel/augment/options.h"
#include "wsel/core/registry.h"
#include "wsel/data/sampling.h"
#include "wsel/distributed/world.h"
#include "wsel/image/normalisation.h"
#include "wsel/optim/optimizer_options.h"
#include "wsel/optim/schedule.h"
#include "wsel/train/class_weights.h"
#include "wsel/train/fine_tune.h"
#include "wsel/train/loss_options.h"

namespace wsel::train {

// Compute precision of matrix products, by autocast. Weights, optimizer state
// and the loss are always float32.
enum class Precision {
  kAuto,  // the fastest one on the device: see device.h
  kFp32,
  kBf16,
  kFp16,  // with loss scaling; GPUs only
};
// auto, fp32, bf16, fp16
const Registry<Precision>& Precisions();

// Which teacher outputs enter the loss. p are softmaxes at a temperature T, O
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
// equation 3 (hard). In a student with a distillation token, that token's
// logits learn from the teacher and the class token's from the labels, with
// kLogit too.
struct DistillOptions {
  Distillation method = Distillation::kNone;
  double alpha = 1;        // DeiT's is 0.5
  double temperature = 1;  // kLogit
  // Run the teacher once per image, before training, and reuse its outputs;
  // needs transforms without randomness.
  bool cache = false;
};

// Training options; defaults are the paper's Table 13. Tables 14 and 15 have
// what differs by data set.
struct Options {
  optim::ScheduleOptions schedule;
  // The effective batch size, images per optimizer step: the paper's "batch
  // size".
  int64_t batch_size = 512;
  // Images in memory at once; the gradients of batch_size / micro_batch
  // micro-batches are accumulated. 0: derived from memory_gib.
  int64_t micro_batch = 0;
  // Images that share one draw of mixup or CutMix: even, and a divisor of
  // batch_size. The official runs' 64 (ViT-T) and 128 (ConvNeXt-F) are the
  // batches of their single GPUs.
  int64_t mixup_batch = 64;
  // Repeated augmentation: how often an image is in an epoch, which then has
  // fewer of them; timm's --aug-repeats. 1: off.
  int64_t repeats = 1;
  // GiB for activations, if micro_batch is 0. 0: half of the device's free
  // memory.
  double memory_gib = 0;
  Precision precision = Precision::kAuto;
  uint64_t seed = 0;

  optim::OptimizerOptions optimizer;
  FineTuneOptions fine_tune;
  double clip_grad = 0;     // largest global L2 norm of the gradients; 0: none
  double drop_path = 0;     // rate of the last block
  double ema_decay = 0;     // 0: no EMA weights
  bool ema_warmup = false;  // of the decay, as timm's
  // The mean of the weights after each of so many last epochs; 0: none.
  int64_t average_last = 0;

  int64_t val_interval = 1;  // epochs; the last one is always evaluated
  // Evaluations in a row without a better top-1, of the weights or the EMA
  // weights, after which training ends; 0: it never ends early.
  int64_t patience = 0;
  // Each class's term in the loss is multiplied by its weight, as by
  // cross_entropy(weight=...) in PyTorch with soft targets: the mean over
  // images is divided by their number. A teacher's term has none.
  //
  // Of multi-label images they give the targets of 1 a weight, as
  // BCEWithLogitsLoss(pos_weight=...) in PyTorch.
  ClassWeights class_weights = ClassWeights::kNone;
  data::Sampling sampler = data::Sampling::kShuffle;
  // Epochs between two checkpoints that are kept; 0: only the last and best.
  int64_t checkpoint_interval = 0;
  double save_minutes = 1;  // at most between two saves of the run state
  int64_t eval_batch = 0;   // images; 0: micro_batch
  // Images have any number of labels (data::Dataset::multi_label): each class
  // is learned on its own, and mAP chooses the best weights.
  bool multi_label = false;

  image::Normalisation normalisation;
  augment::TrainTransformOptions transform;
  augment::ErasingOptions erasing;
  augment::MixOptions mix;
  LossOptions loss;
  DistillOptions distill;
  augment::EvalTransformOptions evaluation;
};

// Checks all options, the nested ones too. Errors: kConfig, naming the option
// ("train.batch_size"): a value out of range, sizes that do not divide, warmup
// longer than training.
void Validate(const Options& options);

// Images that are mixed together: of a micro-batch, if nothing is mixed.
int64_t MixupGroupSize(const Options& options);

// Images of one batch of the loader: whole micro-batches and whole mixup
// groups. options.micro_batch is not 0.
int64_t ChunkSize(const Options& options);

// The positions in each effective batch that rank `rank` of `size` computes:
// whole chunks. What is drawn for an image depends on its position, not on the
// rank. Errors: kConfig with the numbers if the ranks cannot share equally.
distributed::Share ShareOf(const Options& options, int rank, int size);

// The largest number of images, at most `largest`, that can share one draw of
// mixup or CutMix in a batch of `batch_size`: even, and a divisor of it. 0 of
// an odd batch.
int64_t SolveMixupBatch(int64_t batch_size, int64_t largest);

// The largest micro-batch with activations that fit into `bytes`: a divisor of
// `batch_size`, at most `largest`, and a multiple or a divisor of
// `mixup_batch`, the images that are mixed together (1: no mixing). At least 1,
// even if that does not fit.
int64_t SolveMicroBatch(int64_t batch_size, int64_t mixup_batch,
                        int64_t bytes_per_image, int64_t bytes,
                        int64_t largest);

}  // namespace wsel::train
