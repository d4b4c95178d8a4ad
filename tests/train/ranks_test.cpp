// Training on several ranks, which are threads here: what remains the same for
// every number of them.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "distributed/run_ranks.h"
#include "throws.h"
#include "train/small_run.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/tensor/torch_bridge.h"
#include "wsel/train/fit.h"

namespace wsel::train {
namespace {

constexpr int64_t kRankSteps = 10;

// Ten epochs of one step of 24 images, which 1, 2, 3 and 4 ranks share in
// micro-batches of 2. Everything that depends on positions, sums or norms is
// on. An epsilon well above rounding keeps AdamW from turning gradients that
// are 0 apart from rounding, such as those of the keys' biases, into steps.
Options RankOptions(const model::Config& config) {
  Options options = SmallOptions();
  const HeightWidth size = ImageSize(config);
  options.schedule.epochs = kRankSteps;
  options.schedule.lr = 1e-3;
  options.optimizer.eps = 1e-4;
  options.batch_size = 24;
  options.micro_batch = 2;
  options.mixup_batch = 2;
  options.transform.img_size = size;
  options.transform.crop = augment::TrainCrop::kRandomResized;
  options.evaluation.img_size = size;
  return options;
}

Teacher TeacherFor(const model::Config& config, Distillation method) {
  nn::Model teacher = nn::Build(config);
  Initialize(teacher, model::Initializer::kTimm, 2);
  return ModelTeacher(teacher, method, {});
}

struct RankRun {
  std::vector<double> losses;  // of each step, on the first rank
  TrainResult result;
  std::vector<EpochReport> epochs;
};

// Trains on one rank of a group, or alone.
RankRun TrainAlone(const model::Config& config, const Options& options,
                   const std::filesystem::path& path,
                   distributed::ProcessGroup* group, int64_t stop_after,
                   const std::filesystem::path& teacher_cache = {}) {
  at::set_num_threads(1);  // of this thread
  SmallRun small(options, /*workers=*/1);
  small.job.group = group;
  small.job.teacher_cache = teacher_cache;
  if (options.distill.method != Distillation::kNone) {
    small.job.teacher = TeacherFor(config, options.distill.method);
  }
  nn::Model model = nn::Build(config);
  Initialize(model, model::Initializer::kTimm, 1);
  RankRun run;
  TrainCallbacks callbacks;
  callbacks.on_step = [&](const StepReport& r) {
    run.losses.push_back(r.loss);
  };
  callbacks.on_epoch = [&](const EpochReport& r) { run.epochs.push_back(r); };
  // Only the last rank receives the signal.
  const bool last = group == nullptr || group->rank() == group->size() - 1;
  callbacks.stop_signal = [&, asked = int64_t{0}]() mutable {
    return last && ++asked == stop_after ? 15 : 0;
  };
  const bool first = group == nullptr || group->IsFirst();
  const RunFolder folder =
      first ? RunFolder(path) : RunFolder(path, RunFolder::ReadOnly{});
  run.result = Fit(model, small.job, folder, callbacks);
  return run;
}

RankRun TrainOn(int ranks, const model::Config& config, const Options& options,
                const std::filesystem::path& path, int64_t stop_after = 0,
                const std::filesystem::path& teacher_cache = {}) {
  RankRun run;
  distributed::RunRanks(ranks, [&](distributed::ProcessGroup& group) {
    RankRun own =
        TrainAlone(config, options, path, &group, stop_after, teacher_cache);
    if (group.IsFirst()) run = std::move(own);
  });
  return run;
}

// As one long row.
at::Tensor Weights(const std::filesystem::path& file) {
  const auto opened = checkpoint::Open(file);
  std::vector<at::Tensor> rows;
  for (const TensorSpec& spec : opened->Specs()) {
    rows.push_back(Borrow(opened->View(spec.name)).flatten().clone());
  }
  return at::cat(rows);
}

void ExpectClose(const TempFolder& a, const TempFolder& b) {
  for (const char* name : {"last.safetensors", "last-ema.safetensors"}) {
    const double difference =
        (Weights(a / name) - Weights(b / name)).abs().max().item<double>();
    EXPECT_LT(difference, 1e-5) << name;
  }
}

void ExpectSameCurve(const std::vector<double>& a,
                     const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(b[i] / a[i], 1, 1e-5) << "step " << i;
  }
}

class Ranks : public testing::Test {
 protected:
  void SetUp() override {
    if (!distributed::HasGloo()) GTEST_SKIP() << "this build has no Gloo";
  }
};

TEST_F(Ranks, TheirNumberChangesOnlyRounding) {
  for (const model::Config& config : {SmallVit(), SmallConvNext()}) {
    for (const Distillation method :
         {Distillation::kNone, Distillation::kFeature}) {
      SCOPED_TRACE(config.index());
      Options options = RankOptions(config);
      options.distill.method = method;
      const TempFolder alone;
      const RankRun one =
          TrainAlone(config, options, alone.path(), nullptr, /*stop_after=*/0);
      ASSERT_EQ(one.losses.size(), static_cast<size_t>(kRankSteps));
      for (const int ranks : {1, 2, 3, 4}) {
        SCOPED_TRACE(ranks);
        const TempFolder together;
        const RankRun run = TrainOn(ranks, config, options, together.path());
        ExpectSameCurve(one.losses, run.losses);
        ExpectClose(alone, together);
      }
    }
  }
}

// Weights that differ in their last bits may be rounded to other bf16 values,
// which have 8 bits.
TEST_F(Ranks, InBf16TheirNumberChangesOnlyRounding) {
  for (const model::Config& config : {SmallVit(), SmallConvNext()}) {
    SCOPED_TRACE(config.index());
    Options options = RankOptions(config);
    options.precision = Precision::kBf16;
    const TempFolder alone;
    const RankRun one =
        TrainAlone(config, options, alone.path(), nullptr, /*stop_after=*/0);
    for (const int ranks : {2, 3}) {
      SCOPED_TRACE(ranks);
      const TempFolder together;
      const RankRun run = TrainOn(ranks, config, options, together.path());
      ASSERT_EQ(one.losses.size(), run.losses.size());
      for (size_t i = 0; i < one.losses.size(); ++i) {
        EXPECT_NEAR(run.losses[i] / one.losses[i], 1, 2e-3) << "step " << i;
      }
    }
  }
}

TEST_F(Ranks, FineTuneAlike) {
  Options options = RankOptions(SmallVit());
  options.fine_tune = {.freeze = {"stem"},
                       .freeze_epochs = 3,
                       .layer_decay = 0.7,
                       .head_lr = 2e-3};
  const TempFolder alone;
  const RankRun one =
      TrainAlone(SmallVit(), options, alone.path(), nullptr, /*stop_after=*/0);
  for (const int ranks : {2, 3}) {
    SCOPED_TRACE(ranks);
    const TempFolder together;
    const RankRun run = TrainOn(ranks, SmallVit(), options, together.path());
    ExpectSameCurve(one.losses, run.losses);
    ExpectClose(alone, together);
  }
}

TEST_F(Ranks, AGroupOfOneEndsInTheBytesOfNone) {
  const Options options = RankOptions(SmallVit());
  const TempFolder alone;
  TrainAlone(SmallVit(), options, alone.path(), nullptr, 0);
  const TempFolder group;
  TrainOn(1, SmallVit(), options, group.path());
  for (const char* name : {"last.safetensors", "last-ema.safetensors",
                           "best.safetensors", "summary.csv"}) {
    EXPECT_EQ(ReadAll(alone / name), ReadAll(group / name)) << name;
  }
}

// Each image is computed as on one rank; what differs in the sums of float32
// gradients can turn the rounding of a weight to bf16.
TEST_F(Ranks, TrainInBf16) {
  Options options = RankOptions(SmallVit());
  options.precision = Precision::kBf16;
  const TempFolder alone;
  const RankRun one =
      TrainAlone(SmallVit(), options, alone.path(), nullptr, /*stop_after=*/0);
  const TempFolder group;
  TrainOn(1, SmallVit(), options, group.path());
  EXPECT_EQ(ReadAll(alone / "last.safetensors"),
            ReadAll(group / "last.safetensors"));
  for (const int ranks : {2, 3}) {
    const TempFolder together;
    const RankRun run = TrainOn(ranks, SmallVit(), options, together.path());
    ASSERT_EQ(run.losses.size(), one.losses.size());
    EXPECT_NEAR(run.losses[0] / one.losses[0], 1, 1e-5);  // the same weights
    for (size_t i = 1; i < run.losses.size(); ++i) {
      EXPECT_NEAR(run.losses[i] / one.losses[i], 1, 1e-3) << "step " << i;
    }
    const TempFolder again;
    TrainOn(ranks, SmallVit(), options, again.path());
    EXPECT_EQ(ReadAll(together / "last.safetensors"),
              ReadAll(again / "last.safetensors"));
  }
}

TEST_F(Ranks, TheSameNumberEndsInTheSameBytes) {
  const Options options = RankOptions(SmallVit());
  const TempFolder a;
  const TempFolder b;
  TrainOn(3, SmallVit(), options, a.path());
  TrainOn(3, SmallVit(), options, b.path());
  for (const char* name : {"last.safetensors", "last-ema.safetensors",
                           "best.safetensors", "summary.csv"}) {
    EXPECT_EQ(ReadAll(a / name), ReadAll(b / name)) << name;
  }
}

TEST_F(Ranks, ARunStoppedAtTwoResumesAtAnyNumber) {
  const Options options = RankOptions(SmallVit());
  const TempFolder whole;
  const RankRun expected = TrainOn(2, SmallVit(), options, whole.path());
  for (const int ranks : {1, 2, 3, 4}) {
    SCOPED_TRACE(ranks);
    const TempFolder parts;
    const RankRun first = TrainOn(2, SmallVit(), options, parts.path(), 4);
    EXPECT_EQ(first.result.signal, 15);  // which one rank received
    EXPECT_EQ(first.result.state.step, 4);
    RankRun second = TrainOn(ranks, SmallVit(), options, parts.path());
    EXPECT_EQ(second.result.signal, 0);
    auto losses = first.losses;
    losses.insert(losses.end(), second.losses.begin(), second.losses.end());
    ExpectSameCurve(expected.losses, losses);
    ExpectClose(whole, parts);
  }
}

TEST_F(Ranks, EvaluateEachImageOnce) {
  Options options = RankOptions(SmallVit());
  options.eval_batch = 5;  // 24 images in 5 batches
  // Without steps that round differently: the same weights for all.
  options.schedule.lr = 0;
  options.schedule.min_lr = 0;
  const TempFolder alone;
  const RankRun one =
      TrainAlone(SmallVit(), options, alone.path(), nullptr, /*stop_after=*/1);
  for (const int ranks : {2, 3, 4}) {
    const TempFolder together;
    const RankRun run = TrainOn(ranks, SmallVit(), options, together.path(), 1);
    ASSERT_EQ(run.epochs.size(), 1U);
    const Evaluation& expected = *one.epochs[0].test;
    const Evaluation& shared = *run.epochs[0].test;
    EXPECT_EQ(shared.count, 24);
    EXPECT_EQ(shared.loss, expected.loss);
    EXPECT_EQ(shared.top1, expected.top1);
    EXPECT_EQ(shared.top5, expected.top5);
    EXPECT_EQ(shared.balanced_accuracy, expected.balanced_accuracy);
    EXPECT_EQ(shared.macro_f1, expected.macro_f1);
    EXPECT_TRUE(at::equal(shared.confusion, expected.confusion));
    EXPECT_TRUE(run.epochs[0].comm_wait);
    EXPECT_FALSE(one.epochs[0].comm_wait);
  }
}

// Patience, a balanced sampler, class weights, and the test at the end.
TEST_F(Ranks, EndEarlyTogetherAndTestTheBestWeights) {
  Options options = RankOptions(SmallVit());
  options.eval_batch = 20;  // 24 images in 2 batches: some ranks have none
  options.schedule.lr = 0;
  options.schedule.min_lr = 0;
  options.schedule.warmup_epochs = 0;
  options.patience = 2;
  options.sampler = data::Sampling::kBalanced;
  options.class_weights = ClassWeights::kBalanced;
  const auto train = [&](const std::filesystem::path& path,
                         distributed::ProcessGroup* group) {
    at::set_num_threads(1);  // of this thread
    SmallRun small(options, /*workers=*/1);
    small.job.group = group;
    small.job.val = SmallSet();
    nn::Model model = nn::Build(SmallVit());
    Initialize(model, model::Initializer::kTimm, 1);
    const bool first = group == nullptr || group->IsFirst();
    const RunFolder folder =
        first ? RunFolder(path) : RunFolder(path, RunFolder::ReadOnly{});
    return Fit(model, small.job, folder, {});
  };
  const TempFolder alone;
  const TrainResult expected = train(alone.path(), nullptr);
  EXPECT_TRUE(expected.ended_early);
  EXPECT_EQ(expected.state.step, 3);
  for (const int ranks : {2, 3, 4}) {
    const TempFolder together;
    distributed::RunRanks(ranks, [&](distributed::ProcessGroup& group) {
      const TrainResult result = train(together.path(), &group);
      EXPECT_TRUE(result.ended_early);
      EXPECT_EQ(result.state.step, 3);
      EXPECT_EQ(result.state.test_top1, expected.state.test_top1);
      EXPECT_EQ(result.state.test_macro_f1, expected.state.test_macro_f1);
      EXPECT_EQ(result.state.test_ema_top1, expected.state.test_ema_top1);
    });
    EXPECT_EQ(ReadAll(together / "test.json"), ReadAll(alone / "test.json"));
    EXPECT_EQ(ReadAll(together / "confusion.csv"),
              ReadAll(alone / "confusion.csv"));
  }
}

// Of images that do not change, whose teacher outputs are computed once.
Options CachedOptions(Distillation method) {
  Options options = RankOptions(SmallVit());
  options.distill.method = method;
  options.distill.cache = true;
  options.transform.crop = augment::TrainCrop::kEvaluation;
  options.transform.hflip = 0;
  options.transform.rand_augment = "";
  options.erasing.probability = 0;
  options.mix = {.mixup_alpha = 0, .cutmix_alpha = 0};
  return options;
}

TEST_F(Ranks, ShareTheTeachersPass) {
  for (const Distillation method :
       {Distillation::kLogit, Distillation::kFeature}) {
    const Options options = CachedOptions(method);
    const TempFolder alone;
    const RankRun one = TrainAlone(SmallVit(), options, alone.path(), nullptr,
                                   /*stop_after=*/0);
    for (const int ranks : {2, 3}) {
      SCOPED_TRACE(ranks);
      const TempFolder together;
      ExpectSameCurve(
          one.losses,
          TrainOn(ranks, SmallVit(), options, together.path()).losses);
      ExpectClose(alone, together);
    }
  }
}

// Two ranks write it, three read it, and neither changes what it holds.
TEST_F(Ranks, ShareAFileOfTeacherOutputs) {
  const Options options = CachedOptions(Distillation::kLogit);
  const TempFolder folder;
  const auto file = [&](int ranks) {
    return folder / fmt::format("cache-{}", ranks);
  };
  const RankRun one = TrainAlone(SmallVit(), options, folder / "alone", nullptr,
                                 /*stop_after=*/0, file(1));
  const RankRun two =
      TrainOn(2, SmallVit(), options, folder / "two", 0, file(2));
  ExpectSameCurve(one.losses, two.losses);
  EXPECT_EQ(ReadAll(file(1)), ReadAll(file(2)));
  const auto written = std::filesystem::last_write_time(file(2));
  const RankRun three =
      TrainOn(3, SmallVit(), options, folder / "three", 0, file(2));
  ExpectSameCurve(one.losses, three.losses);
  EXPECT_EQ(std::filesystem::last_write_time(file(2)), written);
}

TEST(ShareOf, NamesTheNumbersThatDoNotDivide) {
  Options options = SmallOptions();
  options.batch_size = 24;
  ExpectError([&] { ShareOf(options, 0, 5); }, ErrorKind::kConfig,
              {"train.batch_size", "24", "5 ranks"});
  options.micro_batch = 4;
  options.mixup_batch = 8;
  ExpectError([&] { ShareOf(options, 0, 2); }, ErrorKind::kConfig,
              {"train.mixup_batch", "is 8", "12 images"});
  options.micro_batch = 24;
  ExpectError([&] { ShareOf(options, 0, 2); }, ErrorKind::kConfig,
              {"train.micro_batch", "is 24", "12 images"});
}

}  // namespace
}  // namespace wsel::train
