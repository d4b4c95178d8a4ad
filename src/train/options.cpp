#include "wsel/train/options.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "wsel/core/error.h"

namespace wsel::train {
namespace {

[[noreturn]] void Refuse(std::string_view option, std::string_view message) {
  throw Error(ErrorKind::kConfig, option, message);
}

void AtLeast(std::string_view option, int64_t value, int64_t least) {
  if (value < least) {
    Refuse(option, fmt::format("is {}; it must be {} or more", value, least));
  }
}

void Between(std::string_view option, double value, double low, double high) {
  if (!(value >= low && value <= high)) {
    Refuse(option, fmt::format("is {}; it must be {} to {}", value, low, high));
  }
}

void Divides(std::string_view option, int64_t part, std::string_view of,
             int64_t whole) {
  if (whole % part != 0) {
    Refuse(option, fmt::format("is {}, which does not divide {} ({})", part, of,
                               whole));
  }
}

void ValidateBatches(const Options& o) {
  AtLeast("train.batch_size", o.batch_size, 1);
  AtLeast("train.micro_batch", o.micro_batch, 0);
  AtLeast("train.eval_batch", o.eval_batch, 0);
  const bool mixes = o.mix.mixup_alpha > 0 || o.mix.cutmix_alpha > 0;
  if (mixes) {
    AtLeast("train.mixup_batch", o.mixup_batch, 2);
    if (o.mixup_batch % 2 != 0) {
      Refuse("train.mixup_batch",
             fmt::format("is {}; a picture is mixed with its mirror in the "
                         "batch, so it must be even",
                         o.mixup_batch));
    }
    Divides("train.mixup_batch", o.mixup_batch, "train.batch_size",
            o.batch_size);
  }
  if (o.micro_batch == 0) return;
  Divides("train.micro_batch", o.micro_batch, "train.batch_size", o.batch_size);
  if (mixes && o.micro_batch % o.mixup_batch != 0) {
    Divides("train.micro_batch", o.micro_batch, "train.mixup_batch",
            o.mixup_batch);
  }
}

void ValidateNormalisation(const Normalisation& n) {
  for (size_t c = 0; c < 3; ++c) {
    if (!std::isfinite(n.mean[c])) Refuse("data.mean", "must be finite");
    if (!(n.std[c] > 0 && std::isfinite(n.std[c]))) {
      Refuse("data.std", fmt::format("is {}; it must be above 0", n.std[c]));
    }
  }
}

}  // namespace

const Registry<Precision>& Precisions() {
  static constexpr std::array<Registered<Precision>, 4> kRows = {{
      {Precision::kAuto, "auto", "what the device does fast"},
      {Precision::kFp32, "fp32", "float32 throughout"},
      {Precision::kBf16, "bf16", "matrix products in bfloat16"},
      {Precision::kFp16, "fp16", "matrix products in float16, scaled loss"},
  }};
  static constexpr Registry<Precision> kRegistry("precision", kRows);
  return kRegistry;
}

void Validate(const Options& o) {
  AtLeast("train.epochs", o.epochs, 1);
  AtLeast("train.warmup_epochs", o.warmup_epochs, 0);
  if (o.warmup_epochs > o.epochs) {
    Refuse("train.warmup_epochs",
           fmt::format("is {}, longer than the training ({} epochs)",
                       o.warmup_epochs, o.epochs));
  }
  ValidateBatches(o);
  AtLeast("train.eval_every", o.eval_every, 1);
  Between("train.save_minutes", o.save_minutes, 0, 1e6);
  Between("train.memory_gb", o.memory_gb, 0, 1e6);
  Between("train.clip_grad", o.clip_grad, 0, 1e9);
  Between("train.drop_path", o.drop_path, 0, 0.999);
  Between("train.ema_decay", o.ema_decay, 0, 0.9999999);
  ValidateNormalisation(o.normalisation);
}

}  // namespace wsel::train
