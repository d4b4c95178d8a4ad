#include "wsel/train/fit.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "gpu.h"
#include "throws.h"
#include "train/small_run.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::train {
namespace {

constexpr int64_t kSteps = 9;  // 3 epochs of 24 / 8

// Stops a run after so many updates of this process.
Watch StopAfter(int64_t steps) {
  const auto done = std::make_shared<int64_t>(0);
  Watch watch;
  watch.stop = [=] { return ++*done == steps ? 15 : 0; };
  return watch;
}

void ExpectSameFiles(const TempFolder& a, const TempFolder& b) {
  for (const char* name :
       {"last.safetensors", "best.safetensors", "last-ema.safetensors",
        "best-ema.safetensors", "summary.csv"}) {
    EXPECT_FALSE(ReadAll(a / name).empty()) << name;
    EXPECT_EQ(ReadAll(a / name), ReadAll(b / name)) << name;
  }
}

TEST(Fit, LearnsColours) {
  Options options = SmallOptions();
  options.epochs = 30;
  options.warmup_epochs = 3;
  options.mix = {.mixup_alpha = 0, .cutmix_alpha = 0};
  options.transform.rand_augment = "";
  options.erasing.probability = 0;
  const TempFolder folder;
  const Outcome outcome = SmallRun(options).Go(folder.path());
  EXPECT_EQ(outcome.progress.step, 90);
  EXPECT_EQ(outcome.progress.last_top1, 100);
  EXPECT_EQ(outcome.progress.best_top1, 100);
}

TEST(Fit, EndsInTheSameBytesWhereverItWasStopped) {
  const TempFolder whole;
  SmallRun(SmallOptions()).Go(whole.path());
  for (int64_t stop = 1; stop < kSteps; ++stop) {
    const TempFolder parts;
    const Outcome first =
        SmallRun(SmallOptions()).Go(parts.path(), StopAfter(stop));
    EXPECT_EQ(first.signal, 15);
    EXPECT_EQ(first.progress.step, stop);
    const Outcome second = SmallRun(SmallOptions()).Go(parts.path());
    EXPECT_EQ(second.signal, 0);
    EXPECT_EQ(second.progress.step, kSteps);
    ExpectSameFiles(whole, parts);
  }
}

TEST(Fit, AnyNumberOfWorkersGivesTheSameBytes) {
  const TempFolder none;
  SmallRun(SmallOptions(), 0).Go(none.path());
  for (const int workers : {1, 7}) {
    const TempFolder some;
    SmallRun(SmallOptions(), workers).Go(some.path());
    ExpectSameFiles(none, some);
  }
}

// The weights of a run with another micro-batch, as one long row.
at::Tensor WeightsWith(int64_t micro_batch) {
  Options options = SmallOptions();
  options.micro_batch = micro_batch;
  const TempFolder folder;
  SmallRun(options).Go(folder.path());
  const auto file = checkpoint::Open(folder / "last.safetensors");
  std::vector<at::Tensor> rows;
  for (const TensorSpec& spec : file->Specs()) {
    rows.push_back(Borrow(file->View(spec.name)).flatten().clone());
  }
  return at::cat(rows);
}

// Mixing (units of 4) and drop path are addressed by position; what is left is
// the rounding of sums, which AdamW's division enlarges. On one thread, since
// with fewer pictures than threads attention is computed another way.
TEST(Fit, TheMicroBatchChangesRoundingAlone) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto four = WeightsWith(4);
  for (const int64_t micro_batch : {1, 2, 8}) {
    EXPECT_TRUE(at::allclose(four, WeightsWith(micro_batch), 1e-3, 1e-5))
        << micro_batch;
  }
  at::set_num_threads(threads);
}

TEST(Fit, ADivergedLossKeepsTheLastGoodState) {
  Options options = SmallOptions();
  const TempFolder folder;
  SmallRun(options).Go(folder.path(), StopAfter(4));
  const std::string state = ReadAll(folder / "state.safetensors");
  options.lr = 1e30;
  options.clip_grad = 0;
  options.save_minutes = 0;
  ExpectError([&] { SmallRun(options).Go(folder.path()); }, ErrorKind::kConfig,
              {"the loss is", "lower optimizer.lr", "last good state"});
  const SavedState kept = LoadState(folder / "state.safetensors");
  for (const auto& [name, tensor] : kept.tensors) {
    EXPECT_TRUE(at::isfinite(tensor).all().item<bool>()) << name;
  }
}

// A teacher of twice the width, by features: then an Mlp is trained too.
SmallRun Distilled(Options options, const c10::Device& device = c10::kCPU) {
  options.distill.method = Distillation::kFeature;
  SmallRun small(options);
  auto config = std::get<model::VitConfig>(SmallVit());
  config.embed_dim = 32;
  model::Model teacher = model::Build(config);
  Initialize(teacher, model::Initializer::kTimm, 2);
  small.run.device = device;
  small.run.teacher =
      ModelTeacher(teacher, Distillation::kFeature, {.device = device});
  return small;
}

TEST(Fit, ADistillationEndsInTheSameBytesWhereverItWasStopped) {
  const TempFolder whole;
  Distilled(SmallOptions()).Go(whole.path());
  for (const int64_t stop : {1, 4, 8}) {
    const TempFolder parts;
    Distilled(SmallOptions()).Go(parts.path(), StopAfter(stop));
    Distilled(SmallOptions()).Go(parts.path());
    ExpectSameFiles(whole, parts);
  }
  EXPECT_THAT(ReadAll(whole / "metrics.jsonl"),
              testing::HasSubstr("teacher_seconds"));
  // The Mlp is the training's, not the student's.
  const auto has = [&](const char* file) {
    const auto opened = checkpoint::Open(whole / file);
    return std::ranges::any_of(opened->Specs(), [](const TensorSpec& spec) {
      return spec.name.find("distill.") != std::string::npos;
    });
  };
  EXPECT_TRUE(has("state.safetensors"));
  EXPECT_FALSE(has("last.safetensors"));
}

// What teachers say is the same whether it is asked for each time or kept.
TEST(Fit, ACacheOfTheTeacherChangesRoundingAlone) {
  Options options = SmallOptions();
  options.transform.crop = augment::TrainCrop::kEvaluation;
  options.transform.hflip = 0;
  options.transform.rand_augment = "";
  options.erasing.probability = 0;
  options.mix.mixup_alpha = options.mix.cutmix_alpha = 0;
  int64_t asked = 0;
  const auto loss = [&](bool cache) {
    options.distill.cache = cache;
    SmallRun small = Distilled(options);
    asked = 0;
    small.run.teacher->answer =
        [&asked, answer = small.run.teacher->answer](const at::Tensor& images) {
          asked += images.size(0);
          return answer(images);
        };
    const TempFolder folder;
    return small.Go(folder.path()).progress.last_loss;
  };
  const double fresh = loss(false);
  EXPECT_EQ(asked, 3 * 24);
  EXPECT_NEAR(loss(true), fresh, 1e-4);
  EXPECT_EQ(asked, 24);
}

class FitOnGpu : public OnGpu {
 protected:
  // Only colours, many times: any sound training learns them.
  Options Easy(Precision precision) {
    Options options = SmallOptions();
    options.epochs = 30;
    options.warmup_epochs = 3;
    options.mix = {.mixup_alpha = 0, .cutmix_alpha = 0};
    options.transform.rand_augment = "";
    options.precision = precision;
    return options;
  }

  Outcome Go(SmallRun run, const TempFolder& folder, const Watch& watch = {}) {
    run.run.device = gpu_;
    return run.Go(folder.path(), watch);
  }
};

TEST_F(FitOnGpu, LearnsInEachPrecision) {
  for (const Precision precision :
       {Precision::kFp32, Precision::kBf16, Precision::kFp16}) {
    SCOPED_TRACE(Precisions().NameOf(precision));
    const TempFolder folder;
    const Outcome outcome = Go(SmallRun(Easy(precision)), folder);
    EXPECT_EQ(outcome.progress.step, 90);
    EXPECT_EQ(outcome.progress.best_top1, 100);
  }
}

// A training of 9 steps with everything on, as on the processor.
TEST_F(FitOnGpu, EndsWhereTheProcessorDoes) {
  const TempFolder here;
  const double wanted =
      SmallRun(SmallOptions()).Go(here.path()).progress.last_loss;
  const TempFolder there;
  EXPECT_NEAR(Go(SmallRun(SmallOptions()), there).progress.last_loss, wanted,
              1e-3 * wanted);
}

TEST_F(FitOnGpu, GoesOnWhereItWasStopped) {
  Options options = SmallOptions();
  options.precision = Precision::kFp16;  // its scale is state too
  const TempFolder whole;
  const double wanted = Go(SmallRun(options), whole).progress.last_loss;
  const TempFolder parts;
  const Outcome first = Go(SmallRun(options), parts, StopAfter(4));
  EXPECT_EQ(first.progress.step, 4);
  const Outcome second = Go(SmallRun(options), parts);
  EXPECT_EQ(second.progress.step, kSteps);
  EXPECT_NEAR(second.progress.last_loss, wanted, 1e-2 * wanted);
}

TEST_F(FitOnGpu, Distils) {
  const TempFolder here;
  const double wanted =
      Distilled(SmallOptions()).Go(here.path()).progress.last_loss;
  const TempFolder there;
  EXPECT_NEAR(Go(Distilled(SmallOptions(), gpu_), there).progress.last_loss,
              wanted, 1e-3 * wanted);
}

TEST(Validate, RefusesACacheWherePicturesChange) {
  Options options = SmallOptions();
  options.distill = {.method = Distillation::kLogit, .cache = true};
  ExpectError([&] { Validate(options); }, ErrorKind::kConfig,
              {"distill.cache", "augment.crop=evaluation"});
  options.transform.crop = augment::TrainCrop::kEvaluation;
  ExpectError([&] { Validate(options); }, ErrorKind::kConfig,
              {"augment.hflip=0"});
  options.distill = {.method = Distillation::kLogit, .alpha = -1};
  ExpectError([&] { Validate(options); }, ErrorKind::kConfig,
              {"distill.alpha"});
  options.distill = {.method = Distillation::kHard, .alpha = 2};
  ExpectError([&] { Validate(options); }, ErrorKind::kConfig,
              {"distill.alpha"});
}

TEST(Fit, ABrokenPictureEndsTheRunOrIsCounted) {
  SmallRun run(SmallOptions());
  const auto good = run.run.train.picture;
  run.run.train.picture = [good](int64_t index) {
    if (index == 3) throw Error(ErrorKind::kFormat, "small 3", "is broken");
    return good(index);
  };
  const TempFolder folder;
  ExpectError([&] { run.Go(folder.path()); }, ErrorKind::kFormat, {"small 3"});
  run.run.skip_broken = true;
  const TempFolder second;
  EXPECT_EQ(run.Go(second.path()).broken, 3);  // once an epoch
}

TEST(Fit, ASetSmallerThanABatchIsRefused) {
  Options options = SmallOptions();
  options.batch_size = 32;
  const TempFolder folder;
  ExpectError([&] { SmallRun(options).Go(folder.path()); }, ErrorKind::kConfig,
              {"train.batch_size", "32", "24 training pictures"});
}

TEST(RunFolder, IsHeldByOneRun) {
  const TempFolder folder;
  const RunFolder first(folder.path());
  ExpectError([&] { RunFolder second(folder.path()); }, ErrorKind::kIo,
              {"another wsel process"});
}

TEST(RunState, ComesBackWhole) {
  const TempFolder folder;
  Progress progress;
  progress.step = 7;
  progress.loss_sum = 0.1 + 0.2;
  progress.best_top1 = 33.3;
  const optim::NamedTensors tensors = {
      {"model.a", at::arange(6).to(at::kFloat)},
      {"adamw.step.a", at::ones({})}};
  SaveState(folder / "state", progress, tensors);
  const SavedState back = LoadState(folder / "state");
  EXPECT_EQ(back.progress, progress);
  ASSERT_EQ(back.tensors.size(), 2U);
  EXPECT_TRUE(at::equal(back.tensors[0].tensor, tensors[0].tensor));
}

}  // namespace
}  // namespace wsel::train
