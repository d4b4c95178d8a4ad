#include "wsel/train/fit.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "gpu.h"
#include "throws.h"
#include "train/run_writer.h"
#include "train/small_run.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::train {
namespace {

constexpr int64_t kFitSteps = 9;  // 3 epochs of 24 / 8

// Stops a run after so many steps of this process.
TrainCallbacks StopAfter(int64_t steps) {
  const auto done = std::make_shared<int64_t>(0);
  TrainCallbacks callbacks;
  callbacks.stop_signal = [=] { return ++*done == steps ? 15 : 0; };
  return callbacks;
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
  const TempFolder folder;
  const TrainResult result = SmallRun(LearningOptions()).Train(folder.path());
  EXPECT_EQ(result.state.step, 90);
  EXPECT_EQ(result.state.last_top1, 100);
  EXPECT_EQ(result.state.best_top1, 100);
}

TEST(Fit, EndsInTheSameBytesWhereverItWasInterrupted) {
  const TempFolder whole;
  SmallRun(SmallOptions()).Train(whole.path());
  for (int64_t stop = 1; stop < kFitSteps; ++stop) {
    const TempFolder parts;
    const TrainResult first =
        SmallRun(SmallOptions()).Train(parts.path(), StopAfter(stop));
    EXPECT_EQ(first.signal, 15);
    EXPECT_EQ(first.state.step, stop);
    const TrainResult second = SmallRun(SmallOptions()).Train(parts.path());
    EXPECT_EQ(second.signal, 0);
    EXPECT_EQ(second.state.step, kFitSteps);
    ExpectSameFiles(whole, parts);
  }
}

TEST(Fit, ResumesWithEveryOptimizer) {
  for (const auto& row : optim::Optimizers().rows()) {
    SCOPED_TRACE(row.name);
    Options options = SmallOptions();
    options.optimizer = optim::DefaultsOf(row.value);
    options.schedule.lr = 1e-2;
    const TempFolder whole;
    SmallRun(options).Train(whole.path());
    const TempFolder parts;
    SmallRun(options).Train(parts.path(), StopAfter(4));
    SmallRun(options).Train(parts.path());
    ExpectSameFiles(whole, parts);
  }
}

std::vector<at::Tensor> TensorsOf(const std::filesystem::path& path) {
  const auto file = checkpoint::Open(path);
  std::vector<at::Tensor> tensors;
  for (const TensorSpec& spec : file->Specs()) {
    tensors.push_back(Borrow(file->View(spec.name)).clone());
  }
  return tensors;
}

TEST(Fit, KeepsEpochsAndAveragesTheLast) {
  Options options = SmallOptions();
  options.average_last = 2;
  options.checkpoint_interval = 1;
  options.ema_warmup = true;
  std::optional<Evaluation> average;
  TrainCallbacks callbacks;
  callbacks.on_epoch = [&](const EpochReport& report) {
    EXPECT_EQ(report.average.has_value(), report.epoch == 3);
    average = report.average;
  };
  const TempFolder whole;
  SmallRun(options).Train(whole.path(), callbacks);
  ASSERT_TRUE(average);
  EXPECT_EQ(average->count, 24);
  const auto mean = TensorsOf(whole / "average.safetensors");
  const auto second = TensorsOf(whole / "epoch-0002.safetensors");
  const auto third = TensorsOf(whole / "epoch-0003.safetensors");
  ASSERT_EQ(mean.size(), third.size());
  for (size_t i = 0; i < mean.size(); ++i) {
    EXPECT_TRUE(at::allclose(mean[i], (second[i] + third[i]) / 2, 1e-6, 1e-7));
  }
  const auto last = TensorsOf(whole / "last.safetensors");
  EXPECT_TRUE(at::equal(last[0], third[0]));
  EXPECT_TRUE(std::filesystem::exists(whole / "epoch-0001-ema.safetensors"));
  EXPECT_THAT(ReadAll(whole / "metrics.jsonl"),
              testing::HasSubstr("\"average_top1\""));
  for (const int64_t stop : {3, 5, 6, 8}) {
    const TempFolder parts;
    SmallRun(options).Train(parts.path(), StopAfter(stop));
    SmallRun(options).Train(parts.path());
    ExpectSameFiles(whole, parts);
    EXPECT_EQ(ReadAll(whole / "average.safetensors"),
              ReadAll(parts / "average.safetensors"))
        << stop;
  }
}

TEST(Fit, AveragesAreOfEpochsThatThereAre) {
  Options options = SmallOptions();
  options.average_last = 4;
  ExpectError([&] { Validate(options); }, ErrorKind::kConfig,
              {"train.average_last", "3"});
  options = SmallOptions();
  options.ema_decay = 0;
  options.ema_warmup = true;  // of no EMA: no error
  Validate(options);
}

// Each image is twice in an epoch, with different draws.
TEST(Fit, RepeatsImagesWithDrawsOfTheirOwn) {
  Options options = SmallOptions();
  options.repeats = 2;
  const TempFolder whole;
  const TrainResult result = SmallRun(options).Train(whole.path());
  EXPECT_EQ(result.state.step, kFitSteps);
  const TempFolder parts;
  SmallRun(options).Train(parts.path(), StopAfter(4));
  SmallRun(options).Train(parts.path());
  ExpectSameFiles(whole, parts);
}

TEST(Fit, AnyNumberOfWorkersGivesTheSameBytes) {
  const TempFolder none;
  SmallRun(SmallOptions(), 0).Train(none.path());
  for (const int workers : {1, 7}) {
    const TempFolder some;
    SmallRun(SmallOptions(), workers).Train(some.path());
    ExpectSameFiles(none, some);
  }
}

// The weights of a run with another micro-batch, as one long row.
at::Tensor WeightsWith(int64_t micro_batch) {
  Options options = SmallOptions();
  options.micro_batch = micro_batch;
  const TempFolder folder;
  SmallRun(options).Train(folder.path());
  const auto file = checkpoint::Open(folder / "last.safetensors");
  std::vector<at::Tensor> rows;
  for (const TensorSpec& spec : file->Specs()) {
    rows.push_back(Borrow(file->View(spec.name)).flatten().clone());
  }
  return at::cat(rows);
}

// Draws of mixup (groups of 4) and drop path depend only on the position; what
// remains is the rounding of sums, which AdamW's division amplifies. On one
// thread, since with fewer images than threads attention is computed
// differently.
TEST(Fit, TheMicroBatchChangesOnlyRounding) {
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
  SmallRun(options).Train(folder.path(), StopAfter(4));
  const std::string state = ReadAll(folder / "state.safetensors");
  options.schedule.lr = 1e30;
  options.clip_grad = 0;
  options.save_minutes = 0;
  ExpectError([&] { SmallRun(options).Train(folder.path()); },
              ErrorKind::kConfig,
              {"the loss is", "lower optimizer.lr", "last good state"});
  const SavedState saved = LoadState(folder / "state.safetensors");
  for (const auto& [name, tensor] : saved.tensors) {
    EXPECT_TRUE(at::isfinite(tensor).all().item<bool>()) << name;
  }
}

// Distils the features of a teacher of twice the width, so that a projector is
// trained too.
SmallRun Distilled(Options options, const c10::Device& device = c10::kCPU) {
  options.distill.method = Distillation::kFeature;
  SmallRun small(options);
  auto config = std::get<model::VitConfig>(SmallVit());
  config.embed_dim = 32;
  nn::Model teacher = nn::Build(config);
  Initialize(teacher, model::Initializer::kTimm, 2);
  small.job.device = device;
  small.job.teacher =
      ModelTeacher(teacher, Distillation::kFeature, {.device = device});
  return small;
}

TEST(Fit, DistillationEndsInTheSameBytesWhereverItWasInterrupted) {
  const TempFolder whole;
  Distilled(SmallOptions()).Train(whole.path());
  for (const int64_t stop : {1, 4, 8}) {
    const TempFolder parts;
    Distilled(SmallOptions()).Train(parts.path(), StopAfter(stop));
    Distilled(SmallOptions()).Train(parts.path());
    ExpectSameFiles(whole, parts);
  }
  EXPECT_THAT(ReadAll(whole / "metrics.jsonl"),
              testing::HasSubstr("teacher_seconds"));
  // The projector belongs to the run state, not to the student.
  const auto has = [&](const char* file) {
    const auto opened = checkpoint::Open(whole / file);
    return std::ranges::any_of(opened->Specs(), [](const TensorSpec& spec) {
      return spec.name.find("distill.") != std::string::npos;
    });
  };
  EXPECT_TRUE(has("state.safetensors"));
  EXPECT_FALSE(has("last.safetensors"));
}

// Distillation whose transforms have no randomness, as a cache needs.
SmallRun Cacheable(bool cache) {
  Options options = SmallOptions();
  options.transform.crop = augment::TrainCrop::kEvaluation;
  options.transform.hflip = 0;
  options.transform.rand_augment = "";
  options.erasing.probability = 0;
  options.mix.mixup_alpha = options.mix.cutmix_alpha = 0;
  options.distill.cache = cache;
  return Distilled(options);
}

// Counts in `images` what the teacher is run on.
void CountImages(Teacher& teacher, int64_t& images) {
  teacher.forward = [&images, forward = teacher.forward](const at::Tensor& x) {
    images += x.size(0);
    return forward(x);
  };
}

TEST(Fit, ShowsThePassOfTheTeacherAndEvaluations) {
  std::vector<std::string> titles;
  int64_t images = 0;
  TrainCallbacks callbacks;
  callbacks.on_progress = [&](const ProgressPoint& point) {
    if (point.step == point.steps) {
      titles.push_back(point.title);
      images += point.images;
    }
  };
  const TempFolder folder;
  SmallRun small = Cacheable(true);
  small.job.options.val_interval = 2;
  small.Train(folder.path(), callbacks);
  // Epochs 2 and 3 are evaluated.
  EXPECT_EQ(titles, (std::vector<std::string>{"teacher outputs", "evaluation",
                                              "evaluation (ema)", "evaluation",
                                              "evaluation (ema)"}));
  EXPECT_EQ(images, 5 * 24);
}

TEST(Fit, EpochsReportEvaluationAndSaves) {
  Options options = SmallOptions();
  options.val_interval = 2;
  options.save_minutes = 0;
  std::vector<double> left;
  std::vector<int> evaluated;
  TrainCallbacks callbacks;
  callbacks.on_step = [&](const StepReport& report) {
    left.push_back(report.seconds_left);
  };
  callbacks.on_epoch = [&](const EpochReport& report) {
    evaluated.push_back(report.eval_seconds ? 1 : 0);
    EXPECT_GT(report.seconds, 0);
    EXPECT_GT(report.save_seconds, 0);
  };
  const TempFolder folder;
  SmallRun(options).Train(folder.path(), callbacks);
  EXPECT_THAT(evaluated, testing::ElementsAre(0, 1, 1));
  // After the last step the last evaluation and save are left.
  EXPECT_THAT(left, testing::AllOf(testing::SizeIs(kFitSteps),
                                   testing::Each(testing::Gt(0))));
  const std::string metrics = ReadAll(folder / "metrics.jsonl");
  EXPECT_THAT(metrics, testing::HasSubstr("\"eval_seconds\":"));
  EXPECT_THAT(metrics, testing::HasSubstr("\"save_seconds\":"));
}

TEST(Fit, ATeacherCacheChangesOnlyRounding) {
  int64_t images = 0;
  const auto loss = [&](bool cache) {
    SmallRun small = Cacheable(cache);
    images = 0;
    CountImages(*small.job.teacher, images);
    const TempFolder folder;
    return small.Train(folder.path()).state.last_loss;
  };
  const double uncached = loss(false);
  EXPECT_EQ(images, 3 * 24);
  EXPECT_NEAR(loss(true), uncached, 1e-4);
  EXPECT_EQ(images, 24);
}

TEST(Fit, TeacherCachesAreOfTheirImages) {
  const TempFolder folder;
  const auto train = [&](const char* run, const char* images) {
    SmallRun small = Cacheable(true);
    small.job.teacher_cache = folder / "cache.safetensors";
    small.job.metadata[run::kTrainImagesKey] = images;
    small.Train(folder / run);
  };
  train("first", "24 a");
  train("second", "24 a");
  ExpectError([&] { train("third", "24 b"); }, ErrorKind::kFormat,
              {"cache.safetensors", "delete it"});
}

// Older versions called the tensor "answers".
TEST(Fit, ReadsTeacherCachesOfOlderVersions) {
  const TempFolder folder;
  const auto cache = folder / "cache.safetensors";
  int64_t images = 0;
  const auto train = [&](const char* run) {
    SmallRun small = Cacheable(true);
    images = 0;
    CountImages(*small.job.teacher, images);
    small.job.teacher_cache = cache;
    return small.Train(folder / run).state.last_loss;
  };
  const double loss = train("first");
  EXPECT_EQ(images, 24);
  const auto outputs =
      Borrow(checkpoint::Open(cache)->View("teacher_outputs")).clone();
  WriteTensors(cache, {{"answers", outputs}}, {});
  EXPECT_EQ(train("second"), loss);
  EXPECT_EQ(images, 0);
  WriteTensors(cache, {{"teacher_outputs", outputs.narrow(0, 0, 23).clone()}},
               {});
  ExpectError([&] { train("third"); }, ErrorKind::kFormat,
              {"cache.safetensors", "delete it"});
}

class FitOnGpu : public OnGpu {
 protected:
  // Any working training learns to tell colours apart.
  Options Easy(Precision precision) {
    Options options = SmallOptions();
    options.schedule.epochs = 30;
    options.schedule.warmup_epochs = 3;
    options.mix = {.mixup_alpha = 0, .cutmix_alpha = 0};
    options.transform.rand_augment = "";
    options.precision = precision;
    return options;
  }

  TrainResult Train(SmallRun run, const TempFolder& folder,
                    const TrainCallbacks& callbacks = {}) {
    run.job.device = gpu_;
    return run.Train(folder.path(), callbacks);
  }
};

TEST_F(FitOnGpu, LearnsInEachPrecision) {
  for (const Precision precision :
       {Precision::kFp32, Precision::kBf16, Precision::kFp16}) {
    SCOPED_TRACE(Precisions().NameOf(precision));
    const TempFolder folder;
    const TrainResult result = Train(SmallRun(Easy(precision)), folder);
    EXPECT_EQ(result.state.step, 90);
    EXPECT_EQ(result.state.best_top1, 100);
  }
}

// 9 steps with every feature enabled.
TEST_F(FitOnGpu, MatchesTheCpu) {
  const TempFolder on_cpu;
  const double wanted =
      SmallRun(SmallOptions()).Train(on_cpu.path()).state.last_loss;
  const TempFolder on_gpu;
  EXPECT_NEAR(Train(SmallRun(SmallOptions()), on_gpu).state.last_loss, wanted,
              1e-3 * wanted);
}

TEST_F(FitOnGpu, ResumesWhereItWasInterrupted) {
  Options options = SmallOptions();
  options.precision = Precision::kFp16;  // the loss scale is state too
  const TempFolder whole;
  const double wanted = Train(SmallRun(options), whole).state.last_loss;
  const TempFolder parts;
  const TrainResult first = Train(SmallRun(options), parts, StopAfter(4));
  EXPECT_EQ(first.state.step, 4);
  const TrainResult second = Train(SmallRun(options), parts);
  EXPECT_EQ(second.state.step, kFitSteps);
  EXPECT_NEAR(second.state.last_loss, wanted, 1e-2 * wanted);
}

TEST_F(FitOnGpu, Distils) {
  const TempFolder on_cpu;
  const double wanted =
      Distilled(SmallOptions()).Train(on_cpu.path()).state.last_loss;
  const TempFolder on_gpu;
  EXPECT_NEAR(Train(Distilled(SmallOptions(), gpu_), on_gpu).state.last_loss,
              wanted, 1e-3 * wanted);
}

TEST(Validate, ATeacherCacheNeedsImagesThatDoNotChange) {
  Options options = SmallOptions();
  options.distill = {.method = Distillation::kLogit, .cache = true};
  ExpectError([&] { Validate(options); }, ErrorKind::kConfig,
              {"distill.cache", "augment.crop=evaluation, augment.hflip=0",
               "mix.mixup_alpha=0, mix.cutmix_alpha=0 too"});
  // As the message says; a probability of 0 would not do.
  Validate(Cacheable(true).job.options);
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

TEST(Fit, ACorruptImageIsAnErrorOrIsCounted) {
  SmallRun run(SmallOptions());
  const auto good = run.job.train.image;
  run.job.train.image = [good](int64_t index) {
    if (index == 3) throw Error(ErrorKind::kFormat, "small 3", "is corrupt");
    return good(index);
  };
  const TempFolder folder;
  ExpectError([&] { run.Train(folder.path()); }, ErrorKind::kFormat,
              {"small 3"});
  run.job.skip_corrupt = true;
  const TempFolder second;
  EXPECT_EQ(run.Train(second.path()).skipped, 3);  // once an epoch
}

void MakeCorrupt(data::Dataset& set) {
  set.image = [](int64_t) -> image::Image {
    throw Error(ErrorKind::kFormat, "small", "is corrupt");
  };
}

// A run that trains on nothing would report a loss of 0, and an evaluation of
// nothing an accuracy of 0.
TEST(Fit, NoImageLeftIsAnError) {
  SmallRun training(SmallOptions());
  training.job.skip_corrupt = true;
  MakeCorrupt(training.job.train);
  const TempFolder first;
  ExpectError([&] { training.Train(first.path()); }, ErrorKind::kFormat,
              {"all 24 images of the epoch are corrupt"});
  SmallRun evaluation(SmallOptions());
  evaluation.job.skip_corrupt = true;
  MakeCorrupt(evaluation.job.test);
  const TempFolder second;
  ExpectError([&] { evaluation.Train(second.path()); }, ErrorKind::kFormat,
              {"images of the evaluation are"});
}

TEST(Fit, CountsSkippedTestImages) {
  SmallRun run(SmallOptions());
  run.job.skip_corrupt = true;
  const auto good = run.job.test.image;
  run.job.test.image = [good](int64_t index) {
    if (index == 1) throw Error(ErrorKind::kFormat, "small 1", "is corrupt");
    return good(index);
  };
  const TempFolder folder;
  EXPECT_EQ(run.Train(folder.path()).test_skipped, 1);
  EXPECT_THAT(ReadAll(folder / "metrics.jsonl"),
              testing::HasSubstr("\"eval_skipped\":1"));
}

// The epoch is not lost: once the image is repaired, the run goes on, and ends
// as if nothing had happened.
TEST(Fit, AFailingEvaluationKeepsTheEpoch) {
  const TempFolder whole;
  SmallRun(SmallOptions()).Train(whole.path());
  for (const int good_evaluations : {0, 1, 2}) {
    const TempFolder folder;
    SmallRun run(SmallOptions());
    const auto good = run.job.test.image;
    const auto failing_at = std::make_shared<int>(good_evaluations);
    TrainCallbacks callbacks;
    callbacks.on_epoch = [failing_at](const EpochReport&) { --*failing_at; };
    run.job.test.image = [good, failing_at](int64_t index) {
      if (*failing_at == 0) throw Error(ErrorKind::kFormat, "small", "is bad");
      return good(index);
    };
    ExpectError([&] { run.Train(folder.path(), callbacks); },
                ErrorKind::kFormat, {"small", "is bad"});
    EXPECT_FALSE(ReadAll(folder / "last.safetensors").empty());
    const TrainResult rest = SmallRun(SmallOptions()).Train(folder.path());
    EXPECT_EQ(rest.state.step, kFitSteps);
    ExpectSameFiles(whole, folder);
  }
}

// A teacher whose features of a uniform image, as skipped images are, would
// dominate the loss.
TEST(Fit, ASkippedImageHasNoKdLoss) {
  Options options = SmallOptions();
  options.mix.mixup_alpha = options.mix.cutmix_alpha = 0;
  options.transform.rand_augment = "";
  options.erasing.probability = 0;
  SmallRun run = Distilled(options);
  const auto good = run.job.train.image;
  run.job.train.image = [good](int64_t index) {
    if (index == 3) throw Error(ErrorKind::kFormat, "small 3", "is corrupt");
    return good(index);
  };
  run.job.skip_corrupt = true;
  int64_t uniform = 0;
  run.job.teacher->forward =
      [&uniform, forward = run.job.teacher->forward](const at::Tensor& images) {
        const auto is_uniform = images.flatten(2).std(2).sum(1).eq(0);
        uniform += is_uniform.sum().item<int64_t>();
        return forward(images) + 1e6 * is_uniform.unsqueeze(1);
      };
  TrainCallbacks callbacks;
  int64_t reports = 0;
  callbacks.on_step = [&](const StepReport& report) {
    ++reports;
    EXPECT_LT(report.kd_loss.value(), 100);
    EXPECT_LT(report.loss, 100);
  };
  const TempFolder folder;
  EXPECT_EQ(run.Train(folder.path(), callbacks).skipped, 3);
  EXPECT_EQ(uniform, 3);
  EXPECT_EQ(reports, kFitSteps);
}

TEST(Fit, ADataSetSmallerThanABatchIsAnError) {
  Options options = SmallOptions();
  options.batch_size = 32;
  const TempFolder folder;
  ExpectError([&] { SmallRun(options).Train(folder.path()); },
              ErrorKind::kConfig,
              {"train.batch_size", "32", "24 training images"});
}

TEST(RunFolder, IsLockedByOneRun) {
  const TempFolder folder;
  const RunFolder first(folder.path());
  ExpectError([&] { RunFolder second(folder.path()); }, ErrorKind::kIo,
              {"another wsel process"});
}

TEST(RunState, IsReadBackExactly) {
  const TempFolder folder;
  TrainerState state;
  state.step = 7;
  state.loss_sum = 0.1 + 0.2;
  state.best_top1 = 33.3;
  const optim::NamedTensors tensors = {
      {"model.a", at::arange(6).to(at::kFloat)},
      {"adamw.step.a", at::ones({})}};
  SaveState(folder / "state", state, tensors);
  const SavedState saved = LoadState(folder / "state");
  EXPECT_EQ(saved.state, state);
  ASSERT_EQ(saved.tensors.size(), 2U);
  EXPECT_TRUE(at::equal(saved.tensors[0].tensor, tensors[0].tensor));
}

TEST(RunWriter, LogsTheKdLoss) {
  const TempFolder folder;
  const RunFolder run(folder.path());
  const TrainJob job;
  RunWriter writer(job, run, {});
  StepReport report;
  report.step = 10;
  report.kd_loss = 0.25;
  writer.Log(report);
  EXPECT_THAT(ReadAll(run.metrics()), testing::HasSubstr("\"kd_loss\":0.25"));
  std::string events;
  for (const auto& entry : std::filesystem::directory_iterator(run.root())) {
    if (entry.path().filename().string().starts_with("events.")) {
      events = ReadAll(entry.path());
    }
  }
  EXPECT_THAT(events, testing::HasSubstr("train/kd_loss"));
}

}  // namespace
}  // namespace wsel::train
