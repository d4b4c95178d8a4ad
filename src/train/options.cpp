#include "wsel/train/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "wsel/core/check.h"
#include "wsel/core/error.h"

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

// Errors name a field alone, and recipes have these in two sections.
void ValidateOptimizer(const Options& o) {
  try {
    optim::LrSchedule(o.schedule, /*steps_per_epoch=*/1);
    optim::Validate(o.optimizer);
  } catch (const Error& e) {
    const bool counts = e.where().ends_with("epochs");
    throw Error(e.kind(), (counts ? "train." : "optimizer.") + e.where(),
                e.message());
  }
}

void ValidateNormalisation(const image::Normalisation& n) {
  for (size_t c = 0; c < 3; ++c) {
    if (!std::isfinite(n.mean[c])) ThrowConfig("data.mean", "must be finite");
    if (!(n.std[c] > 0 && std::isfinite(n.std[c]))) {
      ThrowConfig("data.std",
                  fmt::format("is {}; it must be above 0", n.std[c]));
    }
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
  const auto need = [&](bool changes, std::string_view setting) {
    if (changes) needed.push_back(setting);
  };
  need(o.transform.crop != augment::TrainCrop::kEvaluation,
       "augment.crop=evaluation");
  need(o.transform.hflip > 0, "augment.hflip=0");
  need(o.transform.vflip > 0, "augment.vflip=0");
  need(!o.transform.rand_augment.empty(), "augment.rand_augment=\"\"");
  need(o.transform.color_jitter > 0, "augment.color_jitter=0");
  need(o.transform.hue > 0, "augment.hue=0");
  need(o.erasing.probability > 0, "erasing.probability=0");
  need(o.mix.mixup_alpha > 0, "mix.mixup_alpha=0");
  need(o.mix.cutmix_alpha > 0, "mix.cutmix_alpha=0");
  if (needed.empty()) return;
  ThrowConfig("distill.cache",
              fmt::format("reuses the teacher's outputs, so images must be the "
                          "same in every epoch: set {} too",
                          fmt::join(needed, ", ")));
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
  augment::Validate(o.transform, "augment");
  augment::Validate(o.erasing, "erasing");
  augment::Validate(o.mix, "mix");
  augment::Validate(o.evaluation, "evaluation");
  ValidateBatches(o);
  CheckBetween("augment.repeats", o.repeats, 1, 1000);
  CheckAtLeast("train.val_interval", o.val_interval, 1);
  CheckRealBetween("train.save_minutes", o.save_minutes, 0, 1e6);
  CheckRealBetween("train.memory_gib", o.memory_gib, 0, 1e6);
  CheckRealBetween("train.clip_grad", o.clip_grad, 0, 1e9);
  CheckRealBetween("train.drop_path", o.drop_path, 0, 0.999);
  CheckRealBetween("train.ema_decay", o.ema_decay, 0, 0.9999999);
  CheckBetween("train.average_last", o.average_last, 0, o.schedule.epochs);
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
