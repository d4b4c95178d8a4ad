// Torch-free.
#pragma once

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

#include "wsel/recipe/recipe.h"

namespace wsel::recipe {

// Keys that Identity leaves out if they have their default: it had none of them
// in version 0.1.
inline constexpr std::array<std::string_view, 54> kNewKeys = {
    "init.head",
    "init.patch_resize",
    "init.official",
    "init.checkpoint_key",
    "init.no_ema",
    "teacher.checkpoint_key",
    "teacher.no_ema",
    "data.class_order",
    "teacher.num_heads",
    "data.resize",
    "teacher.model",
    "init.reset_classifier",
    "evaluation.crop_mode",
    "init.calibration_images",
    "init.calibrate",
    "init.calibrate_root",
    "data.labels",
    "data.subset_balanced",
    "data.val_split",
    "data.validation",
    "train.patience",
    "train.class_weights",
    "train.sampler",
    "optimizer.name",
    "optimizer.momentum",
    "optimizer.nesterov",
    "optimizer.layer_decay",
    "optimizer.head_lr",
    "loss.name",
    "loss.target_threshold",
    "loss.sum_classes",
    "loss.focal_alpha",
    "loss.focal_gamma",
    "schedule.name",
    "schedule.warmup_lr",
    "schedule.decay_epochs",
    "schedule.decay_rate",
    "schedule.cycle_epochs",
    "schedule.cycle_mul",
    "schedule.cycle_decay",
    "schedule.cycle_limit",
    "schedule.div_factor",
    "schedule.final_div_factor",
    "schedule.rewarm_epochs",
    "train.freeze",
    "train.freeze_epochs",
    "augment.vflip",
    "augment.color_jitter",
    "augment.hue",
    "augment.repeats",
    "train.ema_warmup",
    "train.average_last",
    "train.checkpoint_interval",
    "data.multi_label"};

// A key of the configuration, and its line of help. `flag` is the option of
// wsel train that sets it too, `metavar` that option's value; a flag without
// one takes no value.
struct Key {
  std::string_view section;
  std::string_view key;
  std::string_view about;
  std::string_view flag = "";
  std::string_view metavar = "";

  std::string Path() const { return fmt::format("{}.{}", section, key); }
};

// Passes the values of one section to `visit`, each with its key.
template <typename Visitor>
struct Section {
  Visitor& visit;
  std::string_view name;

  // Not inlined: there are over a hundred calls, and each would be compiled
  // with a copy of what the visitor does, where one for each type of value will
  // do.
  template <typename T>
  [[gnu::noinline]] void operator()(std::string_view key, T& value,
                                    std::string_view about,
                                    std::string_view flag = "",
                                    std::string_view metavar = "") const {
    visit(Key{name, key, about, flag, metavar}, value);
  }
};
template <typename Visitor>
Section(Visitor&, std::string_view) -> Section<Visitor>;

template <typename R, typename Visitor>
void VisitSources(R& r, Visitor& visit) {
  auto& t = r.train;
  const Section init{visit, "init"};
  init("file", r.init.file,
       "Initial checkpoint. Without a recipe, model, mean and std are its own; "
       "position embeddings are resampled to the image size, the first "
       "convolution is adapted to the channels as in timm, and a classifier "
       "with a different number of classes is re-initialised. Without it, "
       "random weights by init.method",
       "--init", "FILE");
  init("checkpoint_key", r.init.copy.key,
       "Prefix of the weights in init.file: model, teacher.backbone",
       "--checkpoint-key", "KEY");
  init("no_ema", r.init.copy.no_ema,
       "Prefer the weights in init.file to their moving average", "--no-ema");
  init("reset_classifier", r.init.reset_classifier,
       "Re-initialise the classifier of init.file, whatever classes it has",
       "--reset-classifier");
  init("method", r.init.method, "Random initialisation");
  init("select", r.init.select,
       "Initialise by weight selection from the teacher, by this rule",
       "--select", "RULE");
  init("layers", r.init.selection.layers,
       "Teacher layers to select from, as wsel init --layers");
  init("heads", r.init.selection.heads,
       "Selection of attention heads, as wsel init --heads");
  init("skip", r.init.selection.skip,
       "Components that keep their random weights, as wsel init --skip");
  init("head", r.init.selection.head, "Classifier, as wsel init --head");
  init("patch_resize", r.init.selection.patch_resize,
       "How patch kernels change their size, as wsel init --patch-resize");
  init("official", r.init.selection.official,
       "As the paper's code, as wsel init --compat official");

  init("calibration_images", r.init.calibration_images,
       "Training images for rules that look at images, as wsel init "
       "--calibration-images");
  init("calibrate", r.init.calibrate,
       "Their data set; \"\": this run's, with its subset and classes");
  init("calibrate_root", r.init.calibrate_root,
       "Folder that holds it; \"\": data.root");

  const Section teacher{visit, "teacher"};
  teacher("file", r.teacher.file,
          "Teacher checkpoint for --select and --distill, of any kind that "
          "wsel inspect reads; for --distill also a TorchScript module",
          "--teacher", "FILE");
  teacher("checkpoint_key", r.teacher.copy.key,
          "Prefix of the weights in teacher.file: model, teacher.backbone");
  teacher("no_ema", r.teacher.copy.no_ema,
          "Prefer the weights in teacher.file to their moving average");
  teacher("num_heads", r.teacher.num_heads,
          "The teacher's attention heads, if its file does not show them; 0: "
          "it does");
  teacher("model", r.teacher.model,
          "The teacher's model, if it cannot be detected: a name (see wsel "
          "models) or a JSON file");
  teacher("digest", r.teacher.digest,
          "SHA-256 that the teacher's file must have");
  teacher("script", r.teacher.script, "The teacher is a TorchScript module");
  teacher("mean", r.teacher.mean,
          "Mean of the teacher's inputs. Default: the checkpoint's");
  teacher("std", r.teacher.std, "Standard deviation of the teacher's inputs");
  teacher(
      "img_size", r.teacher.img_size,
      "Size of the teacher's images: a side, or [height, width]; 0: its own");
  teacher("precision", r.teacher.precision,
          "Precision of the teacher's forward pass");

  const Section distill{visit, "distill"};
  distill("method", t.distill.method, "Distil from the teacher, by this loss",
          "--distill", "LOSS");
  distill("alpha", t.distill.alpha, "Weight of the distillation loss");
  distill("temperature", t.distill.temperature,
          "Temperature of the softmax (logit)");
  distill(
      "cache", t.distill.cache,
      "Run the teacher once per image and reuse its outputs (needs transforms "
      "without randomness: augment.crop=evaluation and no other augmentation)",
      "--distill-cache");
}

template <typename R, typename Visitor>
void VisitData(R& r, Visitor& visit) {
  auto& t = r.train;
  const Section data{visit, "data"};
  data("name", r.data.name,
       "Data set, as listed by wsel datasets; folder: train/CLASS/* in "
       "data.root",
       "--dataset", "NAME");
  data("root", r.data.root, "Folder that holds the data set", "--data-root",
       "DIR");
  data("mean", t.normalisation.mean,
       "Mean of the images' channels, of pixels between 0 and 1; grey images "
       "have one",
       "--mean", "VALUE,...");
  data("std", t.normalisation.std, "Standard deviation of the images' channels",
       "--std", "VALUE,...");
  data("resize", t.transform.pass_order,
       "Version of Pillow to resize images like, to the byte");
  data("train_range", r.data.train_range,
       "Indices of the training images, first and end: [0, 54000]; []: all");
  data("classes", r.data.classes, "Only these classes", "--classes",
       "NAME,...");
  data(
      "class_order", r.class_order,
      "How outputs of classifiers in init.file and teacher.file are matched to "
      "the classes: by name, or by position in the order of either library",
      "--class-order", "NAME");
  data(
      "subset", r.data.subset,
      "Number or share of training images, with the classes' proportions: 500, "
      "0.1 or 10%",
      "--subset", "SIZE");
  data("subset_seed", r.data.subset_seed, "Seed that draws the subset");
  data("split_seed", r.data.split_seed,
       "Seed of a split that the data set lacks, and of data.val_split");
  data("workers", r.data.workers,
       "Data loader threads; 0: load in the main thread; -1: one per core",
       "--workers", "N");
  data("cache_gib", r.data.cache_gib, "Memory for decoded images in GiB");
  data("cache_dir", r.data.cache_dir,
       "Folder of decoded images that several runs share");
  data("skip_corrupt", r.data.skip_corrupt,
       "Skip and count images that cannot be read", "--skip-corrupt");
  data("labels", r.data.labels,
       "CSV of the images below data.root and their classes, for the data set "
       "folder: columns file and label, and optionally split",
       "--labels", "FILE");
  data("subset_balanced", r.data.subset_balanced,
       "Equally many images of each class in data.subset", "--subset-balanced");
  data("val_split", r.data.val_split,
       "Share of the training images to hold out for validation, with the "
       "classes' proportions; 0: none, but 0.1 of a folder or CSV file that "
       "has no validation images",
       "--val-split", "SHARE");
  data("validation", r.data.validation,
       "What chooses the best weights; auto: validation images if there are "
       "any, and the best weights are evaluated on the test images once, at "
       "the end; test: the test images, as in the paper",
       "--validation", "NAME");
  data("multi_label", r.data.multi_label,
       "Whether images have several labels in data.labels: a column of 0 and 1 "
       "for each class, or one column with this separator; auto: as the file "
       "is",
       "--multi-label", "FORM");
}

template <typename R, typename Visitor>
void VisitAugmentation(R& r, Visitor& visit) {
  auto& t = r.train;
  const Section augment{visit, "augment"};
  augment("crop", t.transform.crop, "Crop of training images");
  augment("scale", t.transform.scale,
          "Area of a random resized crop, as a share of the image");
  augment("ratio", t.transform.ratio, "Aspect ratio of a random resized crop");
  augment("padding", t.transform.padding,
          "Pixels of padding before a padded crop");
  augment("interpolation", t.transform.interpolation,
          "Interpolation of random crops and of the policy; random, timm's "
          "default: bilinear or bicubic, drawn for each");
  augment("hflip", t.transform.hflip, "Probability of a horizontal flip");
  augment("rand_augment", t.transform.rand_augment,
          "Policy: RandAugment in timm's notation (rand-m9-mstd0.5-inc1), "
          "AutoAugment (original, originalr, v0, v0r), 3-Augment (3a), "
          "TrivialAugmentWide (ta_wide); \"\": none",
          "--aa", "POLICY");
  augment("vflip", t.transform.vflip, "Probability of a vertical flip",
          "--vflip", "P");
  augment("color_jitter", t.transform.color_jitter,
          "Strength of colour jitter in brightness, contrast and saturation, "
          "also beside a policy; 0: off",
          "--color-jitter", "STRENGTH");
  augment("hue", t.transform.hue,
          "Largest shift of the hue in colour jitter, in turns, up to 0.5");
  augment("repeats", t.repeats,
          "Repeated augmentation: how often each image of an epoch is in it, "
          "with as many images in all; 1: off",
          "--aug-repeats", "N");

  const Section erasing{visit, "erasing"};
  erasing("probability", t.erasing.probability,
          "Probability of random erasing (timm's reprob)");
  erasing("min_area", t.erasing.min_area, "Smallest erased share of an image");
  erasing("max_area", t.erasing.max_area, "Largest erased share of an image");
  erasing("min_aspect", t.erasing.min_aspect,
          "Smallest aspect ratio of an erased rectangle");

  const Section mix{visit, "mix"};
  mix("mixup_alpha", t.mix.mixup_alpha, "Alpha of mixup; 0: off");
  mix("cutmix_alpha", t.mix.cutmix_alpha, "Alpha of CutMix; 0: off");
  mix("probability", t.mix.probability,
      "Probability that a group of images is mixed");
  mix("switch_probability", t.mix.switch_probability,
      "Probability of CutMix, if both are on");
  mix("smoothing", t.mix.smoothing, "Label smoothing");
}

template <typename R, typename Visitor>
void VisitTraining(R& r, Visitor& visit) {
  auto& t = r.train;
  const Section train{visit, "train"};
  train("epochs", t.schedule.epochs, "Number of epochs");
  train("warmup_epochs", t.schedule.warmup_epochs, "Epochs of linear warmup",
        "--warmup-epochs", "N");
  train("batch_size", t.batch_size,
        "Effective batch size: images per optimizer step", "--batch-size", "N");
  train("micro_batch", t.micro_batch,
        "Images in memory at a time; 0: derived from the free memory");
  train("mixup_batch", t.mixup_batch,
        "Images that share one draw of mixup or CutMix");
  train("memory_gib", t.memory_gib,
        "Memory for a step in GiB; 0: the free memory");
  train("precision", t.precision, "Precision of the forward and backward pass",
        "--precision", "NAME");
  train("seed", t.seed, "Random seed", "--seed", "N");
  train("drop_path", t.drop_path, "Drop path rate of the last block",
        "--drop-path", "RATE");
  train("clip_grad", t.clip_grad,
        "Largest global norm of the gradients; 0: no clipping");
  train("ema_decay", t.ema_decay, "Decay of the EMA weights; 0: none");
  train("save_minutes", t.save_minutes,
        "Longest time between two saves of the run state");
}

template <typename R, typename Visitor>
void VisitOptimizer(R& r, Visitor& visit) {
  auto& t = r.train;
  const Section optimizer{visit, "optimizer"};
  optimizer("lr", t.schedule.lr, "Learning rate after the warmup", "--lr",
            "RATE");
  optimizer("min_lr", t.schedule.min_lr,
            "Learning rate at the end of a cosine");
  optimizer("weight_decay", t.optimizer.weight_decay,
            "Weight decay of matrices and convolutions", "--weight-decay",
            "DECAY");
  optimizer("beta1", t.optimizer.beta1,
            "beta1 of AdamW, LAMB and Muon's AdamW");
  optimizer("beta2", t.optimizer.beta2,
            "beta2 of them; of Muon 0.95, if it is not given");
  optimizer("eps", t.optimizer.eps,
            "Epsilon; of LAMB 1e-06 and of Muon 1e-07, if it is not given");
  optimizer("name", t.optimizer.name,
            "Optimizer; its learning rate is optimizer.lr, whichever it is",
            "--opt", "NAME");
  optimizer("momentum", t.optimizer.momentum, "Momentum of SGD and Muon",
            "--momentum", "RATE");
  optimizer("nesterov", t.optimizer.nesterov, "Nesterov momentum of SGD");
  optimizer("layer_decay", t.fine_tune.layer_decay,
            "Each layer's learning rate as a multiple of the next layer's, "
            "towards the head; 1: all have the same",
            "--layer-decay", "RATE");
  optimizer("head_lr", t.fine_tune.head_lr,
            "Learning rate of the classifier after the warmup, on the schedule "
            "of optimizer.lr; 0: as for the rest",
            "--head-lr", "RATE");
}

// The others of `train`, which Identity has after those of the optimizer.
template <typename R, typename Visitor>
void VisitMoreTraining(R& r, Visitor& visit) {
  auto& t = r.train;
  const Section train{visit, "train"};
  train("val_interval",  // was evaluation.every
        t.val_interval, "Epochs between two evaluations", "--val-interval",
        "N");
  train("patience", t.patience,
        "Evaluations without a better top-1 (mAP, of several labels) after "
        "which training ends; 0: it never ends early",
        "--patience", "N");
  train(
      "class_weights", t.class_weights,
      "Weight of each class in the loss: numbers in the order of the classes "
      "(1,2,0.5) or by name (cat=2,dog=0.5), which the option also reads from "
      "a CSV file of class and weight; balanced: images / (classes * images "
      "of the class), or of several labels images without the class / images "
      "with it for those with it",
      "--class-weights", "WEIGHTS");
  train("sampler", t.sampler,
        "Training images of an epoch: each once, or equally many of each class",
        "--sampler", "NAME");
  train("freeze", t.fine_tune.freeze,
        "Parts that keep their weights: backbone (all but the classifier), "
        "head, stem (or embed: patch, position and token embeddings), "
        "blocks.0-5 (or blocks:0-5: the first six), stages.0, or a pattern of "
        "parameter names",
        "--freeze", "PART,...");
  train("freeze_epochs", t.fine_tune.freeze_epochs,
        "Train only the classifier for so many epochs, then all",
        "--freeze-epochs", "N");
  train("ema_warmup", t.ema_warmup,
        "Let the decay of the EMA weights rise from 0, as timm's",
        "--ema-warmup");
  train("average_last", t.average_last,
        "Average the weights after each of so many last epochs; 0: none",
        "--average-last", "N");
  train("checkpoint_interval", t.checkpoint_interval,
        "Epochs between two checkpoints that are kept beside the last and the "
        "best; 0: none",
        "--checkpoint-interval", "N");

  const Section evaluation{visit, "evaluation"};
  evaluation("batch", t.eval_batch,
             "Images per batch in evaluation; 0: train.micro_batch");
  evaluation("crop_pct", t.evaluation.crop_pct,
             "Share of the image that a center crop keeps");
  evaluation("interpolation", t.evaluation.interpolation,
             "Interpolation in evaluation");
  evaluation("crop_mode", t.evaluation.crop_mode,
             "How evaluated images get the model's size, as timm's crop_mode; "
             "auto: by the size, up to 32 px cropped only, from 384 px squash, "
             "else center");
}

template <typename R, typename Visitor>
void VisitSchedule(R& r, Visitor& visit) {
  auto& s = r.train.schedule;
  const Section schedule{visit, "schedule"};
  schedule("name", s.name, "How the learning rate changes after the warmup",
           "--sched", "NAME");
  schedule("warmup_lr", s.warmup_lr,
           "Learning rate of the first warmup step (not of one-cycle)",
           "--warmup-lr", "RATE");
  schedule("decay_epochs", s.decay_epochs,
           "Epochs between two decays of step, which needs it",
           "--decay-epochs", "N");
  schedule("decay_rate", s.decay_rate,
           "What step multiplies the learning rate by", "--decay-rate", "RATE");
  schedule("cycle_epochs", s.cycle_epochs,
           "Epochs of the first cosine of cosine-restarts, which needs it");
  schedule("cycle_mul", s.cycle_mul,
           "Length of each cycle as a multiple of the one before");
  schedule("cycle_decay", s.cycle_decay,
           "Highest rate of each cycle as a multiple of the one before");
  schedule("cycle_limit", s.cycle_limit,
           "Cycles, after which optimizer.min_lr stays; 0: to the end");
  schedule("div_factor", s.div_factor,
           "optimizer.lr by the first rate of one-cycle, which rises for "
           "train.warmup_epochs");
  schedule("final_div_factor", s.final_div_factor,
           "The first rate of one-cycle by its last one");
  schedule("rewarm_epochs", s.rewarm_epochs,
           "Epochs of warmup that each restart of cosine-restarts begins with, "
           "from schedule.warmup_lr; 0: none");
}

template <typename R, typename Visitor>
void VisitLoss(R& r, Visitor& visit) {
  auto& l = r.train.loss;
  const Section loss{visit, "loss"};
  loss("name", l.name, "Loss of the labels in training", "--loss", "NAME");
  loss("target_threshold", l.target_threshold,
       "Of bce and focal: targets above it are 1, the others 0; 0: they stay "
       "soft");
  loss("sum_classes", l.sum_classes,
       "Of bce and focal: the sum over the classes instead of their mean");
  loss("focal_alpha", l.focal_alpha,
       "Weight of a class that is there against one that is not; -1: equal");
  loss("focal_gamma", l.focal_gamma,
       "How much less focal counts what is already classified well");
}

// Every key with the option that it sets: visit(key, value). The only place
// that knows the keys: reading, --set, options, help, completion and docs/
// follow. The order is that of Identity, and must not change.
template <typename R, typename Visitor>
void VisitFields(R& r, Visitor&& visit) {
  VisitSources(r, visit);
  VisitData(r, visit);
  VisitAugmentation(r, visit);
  VisitTraining(r, visit);
  VisitOptimizer(r, visit);
  VisitMoreTraining(r, visit);
  VisitSchedule(r, visit);
  VisitLoss(r, visit);
}

}  // namespace wsel::recipe
