// Torch-free.
#pragma once

#include <array>
#include <string_view>

namespace wsel::recipe {

// A key and the option of timm's train.py (1.0) that means the same.
struct TimmOption {
  std::string_view path;
  std::string_view option;
};

inline constexpr std::array<TimmOption, 48> kTimmOptions = {{
    {"augment.color_jitter", "--color-jitter"},
    {"augment.hflip", "--hflip"},
    {"augment.interpolation", "--train-interpolation"},
    {"augment.rand_augment", "--aa"},
    {"augment.ratio", "--ratio"},
    {"augment.repeats", "--aug-repeats"},
    {"augment.scale", "--scale"},
    {"augment.vflip", "--vflip"},
    {"data.mean", "--mean"},
    {"data.name", "--dataset"},
    {"data.root", "--data-dir"},
    {"data.std", "--std"},
    {"data.workers", "--workers"},
    {"erasing.probability", "--reprob"},
    {"evaluation.batch", "--validation-batch-size"},
    {"evaluation.crop_pct", "--crop-pct"},
    {"evaluation.interpolation", "--interpolation"},
    {"init.file", "--initial-checkpoint"},
    {"loss.name", "--bce-loss"},
    {"loss.sum_classes", "--bce-sum"},
    {"loss.target_threshold", "--bce-target-thresh"},
    {"mix.cutmix_alpha", "--cutmix"},
    {"mix.mixup_alpha", "--mixup"},
    {"mix.probability", "--mixup-prob"},
    {"mix.smoothing", "--smoothing"},
    {"mix.switch_probability", "--mixup-switch-prob"},
    {"optimizer.eps", "--opt-eps"},
    {"optimizer.layer_decay", "--layer-decay"},
    {"optimizer.lr", "--lr"},
    {"optimizer.min_lr", "--min-lr"},
    {"optimizer.momentum", "--momentum"},
    {"optimizer.name", "--opt"},
    {"optimizer.weight_decay", "--weight-decay"},
    {"schedule.cycle_decay", "--lr-cycle-decay"},
    {"schedule.cycle_limit", "--lr-cycle-limit"},
    {"schedule.cycle_mul", "--lr-cycle-mul"},
    {"schedule.decay_epochs", "--decay-epochs"},
    {"schedule.decay_rate", "--decay-rate"},
    {"schedule.name", "--sched"},
    {"schedule.warmup_lr", "--warmup-lr"},
    {"train.clip_grad", "--clip-grad"},
    {"train.drop_path", "--drop-path"},
    {"train.ema_decay", "--model-ema-decay"},
    {"train.ema_warmup", "--model-ema-warmup"},
    {"train.epochs", "--epochs"},
    {"train.seed", "--seed"},
    {"train.val_interval", "--val-interval"},
    {"train.warmup_epochs", "--warmup-epochs"},
}};

}  // namespace wsel::recipe
