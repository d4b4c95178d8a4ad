// Against torch and timm: ten training steps, made by scripts/golden/train.py,
// which has the same constants.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gpu.h"
#include "hashed_values.h"
#include "model/golden.h"
#include "nn/hashed_model.h"
#include "relative_error.h"
#include "train/gradient_digest.h"
#include "wsel/augment/apply_to_batch.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/model/config_json.h"
#include "wsel/model/drop_path.h"
#include "wsel/optim/schedule.h"
#include "wsel/tensor/torch_bridge.h"
#include "wsel/train/train_step.h"

namespace wsel::train {
namespace {

constexpr int64_t kSteps = 10;
constexpr int64_t kBatches = 2;
constexpr int64_t kProbes = 16;

// Relative errors. float32 rounding moves the golden values away from those of
// float64 by 1e-7 (losses and norms), 5e-7 (logits), 2e-6 (gradients), and 2e-5
// to 4e-5 (changes of weights: AdamW divides by small numbers).
constexpr double kLossTolerance = 2e-6;
constexpr double kLogitsTolerance = 5e-6;
constexpr double kGradientTolerance = 2e-5;
constexpr double kMovedTolerance = 4e-4;

Options GoldenOptions() {
  Options options;
  options.schedule.epochs = 5;
  options.schedule.warmup_epochs = 2;
  options.batch_size = 8;
  options.seed = 7;
  options.schedule.lr = 4e-3;
  options.schedule.min_lr = 1e-6;
  options.optimizer.weight_decay = 0.05;
  options.clip_grad = 3;
  options.drop_path = 0.4;
  options.ema_decay = 0.9;
  options.mix.smoothing = 0.1;
  return options;
}

// One of the two batches, mixed by a hashed lambda.
MicroBatch EffectiveBatch(const model::Config& config, const Options& options,
                          int64_t step) {
  const std::string batch = std::to_string(step % kBatches);
  const int64_t size = ImageSize(config).height;
  const int64_t classes = model::NumClasses(config);
  const HashedValues numbers("labels." + batch);
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < options.batch_size; ++i) {
    const double uniform = numbers.Uniform(4 * static_cast<uint64_t>(i));
    labels.push_back(
        static_cast<int64_t>(uniform * static_cast<double>(classes)));
  }
  augment::MixDraw draw;
  draw.lambda = HashedValues("lambda").Uniform(4 * static_cast<uint64_t>(step));
  const auto images = model::HashedNormalTensor(
      "images." + batch, {options.batch_size, 3, size, size});
  return {augment::Mix(images, draw),
          augment::MixTargets(at::tensor(labels), classes,
                              options.mix.smoothing, draw.lambda)};
}

class ParityGolden {
 public:
  explicit ParityGolden(const std::string& family)
      : file_(checkpoint::Open(WSEL_SOURCE_DIR "/tests/golden/train/" + family +
                               ".safetensors")) {}

  model::Config config() const {
    const auto run =
        ParseJson(file_->metadata().at("run"), "golden", ErrorKind::kFormat);
    return model::ConfigFromJson(run.at("config").dump(), "golden",
                                 ErrorKind::kFormat);
  }
  at::Tensor operator[](const std::string& name) const {
    return Borrow(file_->View(name));
  }
  size_t size() const { return file_->Specs().size(); }

  void ExpectDigest(const std::string& kind, const std::string& name,
                    const at::Tensor& tensor, double tolerance) const {
    const auto wanted = (*this)[kind + "." + name].to(at::kDouble);
    EXPECT_LT(RelativeError(GradientDigest(name, tensor, kProbes), wanted),
              tolerance)
        << kind << "." << name;
  }

 private:
  std::unique_ptr<checkpoint::Checkpoint> file_;
};

nn::Model HashedModelOn(const model::Config& config,
                        const c10::Device& device) {
  nn::Model model = nn::HashedModel(config);
  model.module->to(device);
  return model;
}

// The golden run, with micro-batches of any size.
class GoldenRun {
 public:
  GoldenRun(const std::string& family, int64_t micro_batch,
            const c10::Device& device = at::kCPU)
      : golden_(family),
        micro_batch_(micro_batch),
        device_(device),
        model_(HashedModelOn(golden_.config(), device)),
        step_(model_, options_, Precision::kFp32, device) {}

  void ExpectFirstLogits() {
    const auto batch = EffectiveBatch(model_.config, options_, 0);
    const int64_t count = options_.batch_size;
    const auto scales = model::DropPathScales(model_.config, options_.drop_path,
                                              options_.seed, 0, 0, count);
    const auto logits =
        model_.forward(batch.images.to(device_),
                       at::tensor(scales).view({-1, count}).to(device_));
    EXPECT_LT(RelativeError(logits.cpu(), golden_["logits"]), kLogitsTolerance);
  }

  void ExpectFirstGradients() {
    Accumulate(0);
    const auto parameters = ParametersOf(model_);
    EXPECT_EQ(golden_.size(), 3 + 3 * parameters.size());
    for (const auto& [name, tensor] : parameters) {
      golden_.ExpectDigest("gradient", name, tensor.grad(), kGradientTolerance);
    }
  }

  void ExpectCurveAndWeights() {
    const auto initial = optim::CloneTensors(ParametersOf(model_));
    std::vector<at::Tensor> losses;
    std::vector<at::Tensor> norms;
    const optim::LrSchedule schedule(options_.schedule, kBatches);
    for (int64_t step = 0; step < kSteps; ++step) {
      Accumulate(step);
      losses.push_back(step_.OptimizerStep(schedule.At(step)));
      norms.push_back(step_.gradient_norm());
    }
    ExpectCurve("losses", losses);
    ExpectCurve("norms", norms);
    ExpectMoved("moved", initial, ParametersOf(model_));
    ExpectMoved("averaged", initial, step_.ema()->ema_weights());
  }

 private:
  void Accumulate(int64_t step) {
    const auto batch = EffectiveBatch(model_.config, options_, step);
    for (int64_t at = 0; at < options_.batch_size; at += micro_batch_) {
      step_.ForwardBackward(
          {batch.images.narrow(0, at, micro_batch_).to(device_),
           batch.targets.narrow(0, at, micro_batch_).to(device_), at},
          step);
    }
  }

  void ExpectCurve(const std::string& kind,
                   const std::vector<at::Tensor>& found) {
    const auto wanted = golden_[kind];
    ASSERT_EQ(wanted.numel(), kSteps);
    for (int64_t step = 0; step < kSteps; ++step) {
      EXPECT_LT(
          RelativeError(found[static_cast<size_t>(step)].cpu(), wanted[step]),
          kLossTolerance)
          << kind << " of step " << step;
    }
  }

  void ExpectMoved(const std::string& kind, const optim::NamedTensors& from,
                   const optim::NamedTensors& to) {
    ASSERT_EQ(from.size(), to.size());
    for (size_t i = 0; i < to.size(); ++i) {
      golden_.ExpectDigest(kind, to[i].name,
                           to[i].tensor.cpu() - from[i].tensor,
                           kMovedTolerance);
    }
  }

  ParityGolden golden_;
  Options options_ = GoldenOptions();
  int64_t micro_batch_;
  c10::Device device_;
  nn::Model model_;
  TrainStep step_;
};

class Parity : public testing::TestWithParam<std::string> {};

TEST_P(Parity, FirstLogitsAndGradientsMatchTimm) {
  GoldenRun run(GetParam(), 4);
  run.ExpectFirstLogits();
  run.ExpectFirstGradients();
}

TEST_P(Parity, TenStepsMatchTorchForAnyMicroBatch) {
  for (const int64_t micro_batch : {4, 8, 2}) {
    SCOPED_TRACE(micro_batch);
    GoldenRun(GetParam(), micro_batch).ExpectCurveAndWeights();
  }
}

// Otherwise the golden values would not test clipping.
TEST_P(Parity, ClipsSomeStepsAndNotOthers) {
  const auto clipped =
      ParityGolden(GetParam())["norms"] > GoldenOptions().clip_grad;
  EXPECT_TRUE(clipped.any().item<bool>());
  EXPECT_FALSE(clipped.all().item<bool>());
}

using ParityOnGpu = OnGpu;

TEST_F(ParityOnGpu, LogitsGradientsAndTenStepsMatchTimm) {
  for (const char* family : {"vit", "convnext"}) {
    SCOPED_TRACE(family);
    GoldenRun first(family, 4, gpu_);
    first.ExpectFirstLogits();
    first.ExpectFirstGradients();
    GoldenRun(family, 4, gpu_).ExpectCurveAndWeights();
  }
}

INSTANTIATE_TEST_SUITE_P(Training, Parity, testing::Values("vit", "convnext"));

}  // namespace
}  // namespace wsel::train
