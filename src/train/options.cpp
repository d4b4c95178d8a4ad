#include "wsel/train/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "wsel/core/check.h"
#include "wsel/core/error.h"
#include "wsel/train/augmentation_switches.h"

namespace wsel::train {
namespace {

[[noreturn]] void ThrowConfig(std::string_view option,
                              std::string_view message) {
  throw Error(ErrorKind::kConfig, option, message);
}

void CheckDivides(std::string_view option, int64_t part, std::string_view of,
                  int64_t whole) {
  if (whole % part != 0) {
    ThrowConfig(option, fmt::format("is {}, which does not divide {} ({})",
                                    part, of, whole));
  }
}

void ValidateBatches(const Options& o) {
  CheckAtLeast("train.batch_size", o.batch_size, 1);
  CheckAtLeast("train.micro_batch", o.micro_batch, 0);
  CheckAtLeast("evaluation.batch", o.eval_batch, 0);
  const bool mixes = MixingEnabled(o.mix);
  if (mixes) {
    CheckAtLeast("train.mixup_batch", o.mixup_batch, 2);
    if (o.mixup_batch % 2 != 0) {
      ThrowConfig(
          "train.mixup_batch",
          fmt::format("is {}; it must be even, since images are mixed in pairs",
                      o.mixup_batch));
    }
    CheckDivides("train.mixup_batch", o.mixup_batch, "train.batch_size",
                 o.batch_size);
  }
  if (o.micro_batch == 0) return;
  CheckDivides("train.micro_batch", o.micro_batch, "train.batch_size",
               o.batch_size);
  if (mixes && o.micro_batch % o.mixup_batch != 0) {
    CheckDivides("train.micro_batch", o.micro_batch, "train.mixup_batch",
                 o.mixup_batch);
  }
}

// Errors name only a field, and recipes have these in three sections.
std::string_view SectionOf(std::string_view field) {
  using std::string_view_literals::operator""sv;
  for (const auto name : {"epochs"sv, "warmup_epochs"sv}) {
    if (field == name) return "train";
  }
  for (const auto name :
       {"warmup_lr"sv, "decay_epochs"sv, "decay_rate"sv, "cycle_epochs"sv,
        "cycle_mul"sv, "cycle_decay"sv, "cycle_limit"sv, "div_factor"sv,
        "final_div_factor"sv, "rewarm_epochs"sv}) {
    if (field == name) return "schedule";
  }
  return "optimizer";
}

void ValidateOptimizer(const Options& o) {
  try {
    optim::LrSchedule(o.schedule, /*steps_per_epoch=*/1);
    optim::Validate(o.optimizer);
  } catch (const Error& e) {
    throw Error(e.kind(), fmt::format("{}.{}", SectionOf(e.where()), e.where()),
                e.message());
  }
}

void ValidateNormalisation(const image::Normalisation& n) {
  for (const double value : n.mean) {
    if (!std::isfinite(value)) ThrowConfig("data.mean", "must be finite");
  }
  if (!image::IsStd(n.std)) {
    ThrowConfig("data.std", fmt::format("is {}; it must be above 0",
                                        fmt::join(n.std, ",")));
  }
}

void ValidateDistillation(const Options& o) {
  const DistillOptions& d = o.distill;
  const bool hard = d.method == Distillation::kHard;
  CheckRealBetween("distill.alpha", d.alpha, 0, hard ? 1 : 1e9);
  CheckRealBetween("distill.temperature", d.temperature, 1e-3, 1e3);
  if (!d.cache) return;
  if (d.method == Distillation::kNone) {
    ThrowConfig("distill.cache",
                "needs distill.method: without it there is no teacher");
  }
  std::vector<std::string_view> needed;
  for (const AugmentationSwitch& one : AugmentationSwitches()) {
    if (one.is_on(o)) needed.push_back(one.off);
  }
  if (needed.empty()) return;
  ThrowConfig("distill.cache",
              fmt::format("reuses the teacher's outputs, so images must be the "
                          "same in every epoch: set {} too",
                          fmt::join(needed, ", ")));
}

// They multiply the targets, which binary losses compare with probabilities.
void ValidateClassWeights(const Options& o) {
  if (o.class_weights == ClassWeights::kNone || o.multi_label ||
      o.loss.name == LossName::kCrossEntropy) {
    return;
  }
  ThrowConfig("train.class_weights",
              fmt::format("needs loss.name=cross-entropy, not {}; "
                          "train.sampler=balanced goes with every loss",
                          Losses().NameOf(o.loss.name)));
}

// What compares the classes of an image with each other.
void ValidateMultiLabel(const Options& o) {
  if (!o.multi_label) return;
  if (o.loss.name == LossName::kCrossEntropy) {
    ThrowConfig("loss.name",
                "is cross-entropy, a softmax in which one class excludes the "
                "others, but images have several labels (data.multi_label): "
                "use bce or focal");
  }
  if (o.distill.method == Distillation::kLogit ||
      o.distill.method == Distillation::kHard) {
    ThrowConfig("distill.method",
                fmt::format("is {}, which compares softmaxes, but images have "
                            "several labels (data.multi_label): use feature",
                            Distillations().NameOf(o.distill.method)));
  }
  if (o.sampler == data::Sampling::kBalanced) {
    ThrowConfig("train.sampler",
                "is balanced, which needs one label per image, but images have "
                "several (data.multi_label): use train.class_weights=balanced");
  }
}

}  // namespace

const Registry<Distillation>& Distillations() {
  static constexpr Registered<Distillation> kRows[] = {
      {Distillation::kNone, "none"},
      {Distillation::kLogit, "logit"},
      {Distillation::kFeature, "feature"},
      {Distillation::kHard, "hard"}};
  static constexpr Registry<Distillation> kRegistry("distillation", kRows);
  return kRegistry;
}

const Registry<Precision>& Precisions() {
  static constexpr Registered<Precision> kRows[] = {{Precision::kAuto, "auto"},
                                                    {Precision::kFp32, "fp32"},
                                                    {Precision::kBf16, "bf16"},
                                                    {Precision::kFp16, "fp16"}};
  static constexpr Registry<Precision> kRegistry("precision", kRows);
  return kRegistry;
}

void Validate(const Options& o) {
  ValidateOptimizer(o);
  Validate(o.fine_tune, o.schedule.epochs, o.schedule.lr);
  augment::Validate(o.transform, "augment");
  augment::Validate(o.erasing, "erasing");
  augment::Validate(o.mix, "mix");
  augment::Validate(o.evaluation, "evaluation");
  Validate(o.loss);
  ValidateClassWeights(o);
  ValidateMultiLabel(o);
  ValidateBatches(o);
  CheckBetween("augment.repeats", o.repeats, 1, 1000);
  CheckAtLeast("train.val_interval", o.val_interval, 1);
  CheckAtLeast("train.patience", o.patience, 0);
  CheckRealBetween("train.save_minutes", o.save_minutes, 0, 1e6);
  CheckRealBetween("train.memory_gib", o.memory_gib, 0, 1e6);
  CheckRealBetween("train.clip_grad", o.clip_grad, 0, 1e9);
  CheckRealBetween("train.drop_path", o.drop_path, 0, 0.999);
  CheckRealBetween("train.ema_decay", o.ema_decay, 0, 0.9999999);
  CheckBetween("train.average_last", o.average_last, 0, o.schedule.epochs);
  if (o.average_last > 0 && o.patience > 0) {
    ThrowConfig(
        "train.average_last",
        "is of the last epochs, and with train.patience it is not known "
        "which these are: give only one of them");
  }
  CheckAtLeast("train.checkpoint_interval", o.checkpoint_interval, 0);
  ValidateNormalisation(o.normalisation);
  ValidateDistillation(o);
}

int64_t MixupGroupSize(const Options& options) {
  return MixingEnabled(options.mix) ? options.mixup_batch : options.micro_batch;
}

int64_t ChunkSize(const Options& options) {
  return std::max(MixupGroupSize(options), options.micro_batch);
}

distributed::Share ShareOf(const Options& options, int rank, int size) {
  const int64_t chunk = ChunkSize(options);
  return distributed::ShareOf(
      rank, size, options.batch_size, chunk, "train.batch_size",
      chunk == options.micro_batch ? "train.micro_batch" : "train.mixup_batch");
}

int64_t SolveMixupBatch(int64_t batch_size, int64_t largest) {
  int64_t size = std::min(batch_size, largest) / 2 * 2;
  while (size > 2 && batch_size % size != 0) size -= 2;
  return size >= 2 && batch_size % size == 0 ? size : 0;
}

int64_t SolveMicroBatch(int64_t batch_size, int64_t mixup_batch,
                        int64_t bytes_per_image, int64_t bytes,
                        int64_t largest) {
  const int64_t fits =
      std::clamp<int64_t>(bytes / std::max<int64_t>(bytes_per_image, 1), 1,
                          std::max<int64_t>(largest, 1));
  for (int64_t size = std::min(fits, batch_size); size > 1; --size) {
    const bool divides = batch_size % size == 0;
    const bool aligned = mixup_batch % size == 0 || size % mixup_batch == 0;
    if (divides && aligned) return size;
  }
  return 1;
}

}  // namespace wsel::train
