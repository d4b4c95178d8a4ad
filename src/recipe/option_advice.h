// Torch-free.
#pragma once

#include <array>
#include <string_view>

namespace wsel::recipe {

// What does the work of an option that other training programs have, and wsel
// train has neither as an option nor as a key of the recipe: those of timm's
// train.py (1.0) and the usual names of others. Keys and the options of timm
// that mean the same are in timm_options.h.
struct OptionAdvice {
  std::string_view option;
  std::string_view advice;  // after "unknown option '--amp': "
};

inline constexpr std::array<OptionAdvice, 63> kOptionAdvice = {{
    {"--amp",
     "use --precision bf16, or fp16 on a GPU; auto, the default, chooses"},
    {"--amp-dtype", "use --precision bf16, or fp16 on a GPU"},
    {"--arch", "use --model MODEL"},
    {"--aug-splits", "AugMix's splits are not supported; use --aa POLICY"},
    {"--bf16", "use --precision bf16"},
    {"--channels-last",
     "it is not needed: kernels have the layout that suits them"},
    {"--checkpoint", "use --init FILE for the initial weights"},
    {"--checkpoint-hist", "use --checkpoint-interval N"},
    {"--class-map", "classes are the folders, or those of --labels FILE"},
    {"--clip-mode",
     "gradients are clipped by their norm: use --set train.clip_grad=VALUE"},
    {"--cooldown-epochs",
     "cosine ends at optimizer.min_lr with the last epoch"},
    {"--cutmix-minmax", "use --set mix.cutmix_alpha=VALUE"},
    {"--drop", "dropout is not supported; use --drop-path RATE"},
    {"--drop-block", "it is not supported; use --drop-path RATE"},
    {"--drop-connect", "use --drop-path RATE"},
    {"--dropout", "dropout is not supported; use --drop-path RATE"},
    {"--early-stopping", "use --patience N"},
    {"--ema", "use --set train.ema_decay=0.9998"},
    {"--eval-metric",
     "the best weights have the highest top-1, or mAP of several labels"},
    {"--experiment", "use --output DIR"},
    {"--fp16", "use --precision fp16"},
    {"--freeze-backbone", "use --freeze backbone"},
    {"--gp", "use --set model.pooling=VALUE"},
    {"--grad-accum-steps",
     "use --batch-size N for the images of an optimizer step and --set "
     "train.micro_batch=N for those in memory"},
    {"--image-size", "use --img-size PX"},
    {"--imgsz", "use --img-size PX"},
    {"--input-size", "use --img-size PX and --in-chans N"},
    {"--jsd-loss", "AugMix's loss is not supported; use --loss NAME"},
    {"--label-smoothing", "use --set mix.smoothing=VALUE"},
    {"--learning-rate", "use --lr RATE"},
    {"--local-rank", "use --ranks N, or start it by torchrun"},
    {"--log-interval", "every tenth step is logged"},
    {"--log-tb",
     "TensorBoard's events are written by default; --track names other "
     "trackers"},
    {"--log-wandb", "use --track wandb"},
    {"--lr-base", "use --lr RATE, which the batch size does not scale"},
    {"--lr-base-scale", "use --lr RATE, which the batch size does not scale"},
    {"--lr-base-size", "use --lr RATE, which the batch size does not scale"},
    {"--lr-scheduler", "use --sched NAME"},
    {"--mixup-mode", "images are mixed in groups of train.mixup_batch"},
    {"--mixup-off", "use --set mix.mixup_alpha=0 and --set mix.cutmix_alpha=0"},
    {"--mixup-off-epoch",
     "mixup stays on to the last epoch; --set mix.mixup_alpha=0 and --set "
     "mix.cutmix_alpha=0 switch mixing off"},
    {"--model-ema", "use --set train.ema_decay=0.9998"},
    {"--no-aug", "use --augment none"},
    {"--num-classes",
     "the model has the data set's classes; --classes NAME,... takes some of "
     "them"},
    {"--num-workers", "use --workers N"},
    {"--opt-betas",
     "use --set optimizer.beta1=VALUE and --set optimizer.beta2=VALUE"},
    {"--optimizer", "use --opt NAME"},
    {"--pin-mem", "it is not needed: the loader does so on a GPU"},
    {"--pretrained",
     "use --init FILE, the model.safetensors of a published model"},
    {"--recount", "random erasing fills one rectangle of an image"},
    {"--remode",
     "random erasing fills a rectangle with noise, as --remode pixel does"},
    {"--resplit", "AugMix's splits are not supported; use --aa POLICY"},
    {"--sched-on-updates", "every schedule acts on optimizer steps"},
    {"--scheduler", "use --sched NAME"},
    {"--start-epoch", "use --resume, which continues the run in --output"},
    {"--sync-bn", "the models have no batch norm"},
    {"--torchcompile",
     "models are not compiled; see wsel bench for their speed"},
    {"--train-split",
     "training images are in the folder train, or have split train in --labels "
     "FILE"},
    {"--warmup", "use --warmup-epochs N"},
    {"--warmup-prefix", "the schedule begins after the warmup in any case"},
    {"--wd", "use --weight-decay DECAY"},
    {"-b", "use --batch-size N"},
    {"-j", "use --workers N"},
}};

}  // namespace wsel::recipe
