// Torch-free.
#pragma once

#include <array>
#include <string_view>

#include "wsel/recipe/recipe.h"

namespace wsel::recipe {

// Keys that Identity leaves out if they have their default: it had none of them
// in version 0.1.
inline constexpr std::array<std::string_view, 3> kNewKeys = {
    "init.head", "init.patch_resize", "init.official"};

// Every key of the configuration with the option that it sets, section by
// section: visit("train", "epochs", value). The only place that maps keys to
// options. The order is that of Identity, and must not change.
template <typename R, typename Visitor>
void VisitFields(R& r, Visitor&& visit) {
  auto& t = r.train;
  visit("init", "file", r.init.file);
  visit("init", "method", r.init.method);
  visit("init", "select", r.init.select);
  visit("init", "layers", r.init.selection.layers);
  visit("init", "heads", r.init.selection.heads);
  visit("init", "skip", r.init.selection.skip);
  visit("init", "head", r.init.selection.head);
  visit("init", "patch_resize", r.init.selection.patch_resize);
  visit("init", "official", r.init.selection.official);

  visit("teacher", "file", r.teacher.file);
  visit("teacher", "digest", r.teacher.digest);
  visit("teacher", "script", r.teacher.script);
  visit("teacher", "mean", r.teacher.mean);
  visit("teacher", "std", r.teacher.std);
  visit("teacher", "img_size", r.teacher.img_size);
  visit("teacher", "precision", r.teacher.precision);

  visit("distill", "method", t.distill.method);
  visit("distill", "alpha", t.distill.alpha);
  visit("distill", "temperature", t.distill.temperature);
  visit("distill", "cache", t.distill.cache);

  visit("data", "name", r.data.name);
  visit("data", "root", r.data.root);
  visit("data", "mean", t.normalisation.mean);
  visit("data", "std", t.normalisation.std);
  visit("data", "train_range", r.data.train_range);
  visit("data", "classes", r.data.classes);
  visit("data", "subset", r.data.subset);
  visit("data", "subset_seed", r.data.subset_seed);
  visit("data", "split_seed", r.data.split_seed);
  visit("data", "workers", r.data.workers);
  visit("data", "cache_gib", r.data.cache_gib);
  visit("data", "cache_dir", r.data.cache_dir);
  visit("data", "skip_corrupt", r.data.skip_corrupt);

  visit("augment", "crop", t.transform.crop);
  visit("augment", "scale", t.transform.scale);
  visit("augment", "ratio", t.transform.ratio);
  visit("augment", "padding", t.transform.padding);
  visit("augment", "interpolation", t.transform.interpolation);
  visit("augment", "hflip", t.transform.hflip);
  visit("augment", "rand_augment", t.transform.rand_augment);

  visit("erasing", "probability", t.erasing.probability);
  visit("erasing", "min_area", t.erasing.min_area);
  visit("erasing", "max_area", t.erasing.max_area);
  visit("erasing", "min_aspect", t.erasing.min_aspect);

  visit("mix", "mixup_alpha", t.mix.mixup_alpha);
  visit("mix", "cutmix_alpha", t.mix.cutmix_alpha);
  visit("mix", "probability", t.mix.probability);
  visit("mix", "switch_probability", t.mix.switch_probability);
  visit("mix", "smoothing", t.mix.smoothing);

  visit("train", "epochs", t.schedule.epochs);
  visit("train", "warmup_epochs", t.schedule.warmup_epochs);
  visit("train", "batch_size", t.batch_size);
  visit("train", "micro_batch", t.micro_batch);
  visit("train", "mixup_batch", t.mixup_batch);
  visit("train", "memory_gib", t.memory_gib);
  visit("train", "precision", t.precision);
  visit("train", "seed", t.seed);
  visit("train", "drop_path", t.drop_path);
  visit("train", "clip_grad", t.clip_grad);
  visit("train", "ema_decay", t.ema_decay);
  visit("train", "save_minutes", t.save_minutes);

  visit("optimizer", "lr", t.schedule.lr);
  visit("optimizer", "min_lr", t.schedule.min_lr);
  visit("optimizer", "weight_decay", t.optimizer.weight_decay);
  visit("optimizer", "beta1", t.optimizer.beta1);
  visit("optimizer", "beta2", t.optimizer.beta2);
  visit("optimizer", "eps", t.optimizer.eps);

  visit("train", "val_interval", t.val_interval);  // was evaluation.every
  visit("evaluation", "batch", t.eval_batch);
  visit("evaluation", "crop_pct", t.evaluation.crop_pct);
  visit("evaluation", "interpolation", t.evaluation.interpolation);
}

}  // namespace wsel::recipe
