#pragma once

#include <cmath>

#include "read_all.h"
#include "temp_folder.h"
#include "wsel/nn/build.h"
#include "wsel/train/fit.h"

namespace wsel::train {

// 24 images of three classes that differ by colour.
inline data::Dataset SmallSet() {
  data::Dataset set;
  set.name = "small";
  set.classes = {"red", "green", "blue"};
  for (int i = 0; i < 24; ++i) set.labels.push_back(i % 3);
  set.image = [](int64_t index) {
    image::Image sample(12, 12, image::Rgb{40, 40, 40});
    for (size_t i = static_cast<size_t>(index % 3); i < sample.bytes().size();
         i += 3) {
      sample.bytes()[i] =
          static_cast<uint8_t>(90 + (i * 7 + static_cast<size_t>(index)) % 90);
    }
    return sample;
  };
  set.filename = [](int64_t index) { return "small " + std::to_string(index); };
  return set;
}

inline model::Config SmallVit() {
  return model::VitConfig{.name = "small",
                          .img_size = 16,
                          .patch_size = 8,
                          .embed_dim = 16,
                          .depth = 2,
                          .num_heads = 2,
                          .num_classes = 3};
}

inline model::Config SmallConvNext() {
  return model::ConvNextConfig{.name = "small",
                               .img_size = 32,
                               .dims = {8, 8, 16, 16},
                               .depths = {1, 1, 1, 1},
                               .num_classes = 3,
                               .layer_scale = 0.1};
}

// Every feature of a recipe is enabled.
inline Options SmallOptions() {
  Options options;
  options.schedule.epochs = 3;
  options.schedule.warmup_epochs = 1;
  options.batch_size = 8;
  options.micro_batch = 4;
  options.mixup_batch = 4;
  options.eval_batch = 7;
  options.precision = Precision::kFp32;
  options.drop_path = 0.2;
  options.ema_decay = 0.9;
  options.clip_grad = 1;
  options.seed = 5;
  options.transform.img_size = 16;
  options.evaluation.img_size = 16;
  return options;
}

// Long enough, and without augmentations, for SmallSet to be learnt.
inline Options LearningOptions() {
  Options options = SmallOptions();
  options.schedule.epochs = 30;
  options.schedule.warmup_epochs = 3;
  options.mix = {.mixup_alpha = 0, .cutmix_alpha = 0};
  options.transform.rand_augment = "";
  options.erasing.probability = 0;
  return options;
}

// A small model and its training.
struct SmallRun {
  explicit SmallRun(const Options& options, int workers = 1)
      : job{.options = options,
            .train = SmallSet(),
            .test = SmallSet(),
            .workers = workers} {}

  TrainResult Train(const std::filesystem::path& path,
                    const TrainCallbacks& callbacks = {}) {
    nn::Model model = nn::Build(SmallVit());
    Initialize(model, model::Initializer::kTimm, 1);
    model.module->to(job.device);
    const RunFolder folder(path);
    return Fit(model, job, folder, callbacks);
  }

  TrainJob job;
};

}  // namespace wsel::train
