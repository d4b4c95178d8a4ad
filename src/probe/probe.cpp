#include "wsel/probe/probe.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "wsel/core/check.h"
#include "wsel/core/error.h"
#include "wsel/data/loader.h"
#include "wsel/data/sampler.h"
#include "wsel/train/image_batches.h"

namespace wsel::probe {
namespace {

// A fitted classifier: features [N, D] -> logits [N, classes].
using Classifier = std::function<at::Tensor(const at::Tensor& features)>;

// The share of labels that the classifier predicts.
class Accuracy {
 public:
  explicit Accuracy(Classifier classify) : classify_(std::move(classify)) {}

  void Add(const at::Tensor& features, const at::Tensor& labels) {
    count_ += labels.size(0);
    correct_ += classify_(features).argmax(1).eq(labels).sum().item<int64_t>();
  }
  double percent() const {
    return 100 * static_cast<double>(correct_) / static_cast<double>(count_);
  }

 private:
  Classifier classify_;
  int64_t correct_ = 0;
  int64_t count_ = 0;
};

// On features in memory, a few at a time, as classifying may copy them.
double Top1(const Classifier& classify, const LabelledFeatures& images) {
  constexpr int64_t kRows = 128;
  Accuracy accuracy(classify);
  const int64_t size = images.labels.size(0);
  for (int64_t first = 0; first < size; first += kRows) {
    const int64_t rows = std::min(kRows, size - first);
    accuracy.Add(images.features.narrow(0, first, rows),
                 images.labels.narrow(0, first, rows));
  }
  return accuracy.percent();
}

struct Fitted {
  Classifier classify;
  std::optional<double> train_top1;
  int64_t skipped = 0;  // corrupt images
};

// Standardises the features in place.
Fitted FitLogisticRegression(LabelledFeatures train, int64_t classes,
                             const LogisticOptions& options,
                             const OnProgress& on_progress) {
  const StandardScaler scaler(train.features);
  scaler.Apply(train.features);
  const auto linear =
      FitLogistic(train.features, train.labels, classes, options, on_progress);
  const auto classify = [linear](const at::Tensor& features) {
    return at::linear(features, linear.weight, linear.bias);
  };
  return {[scaler, classify](const at::Tensor& features) {
            at::Tensor scaled = features.clone();
            scaler.Apply(scaled);
            return classify(scaled);
          },
          Top1(classify, train)};
}

// The batches of MAE's recipe on a set of `size` images.
data::TrainSampling SamplingOf(int64_t size, const ProbeRecipe& recipe) {
  const int64_t batch = std::min(recipe.batch_size, size);
  return {
      .size = size,
      .batch_size = batch,
      .chunk = batch,
      .seed = recipe.seed,
      .total_steps = data::StepsPerEpoch(size, batch) * recipe.schedule.epochs};
}

ProgressPoint StartOf(const data::TrainSampling& sampling) {
  return {.title = "linear probe", .steps = sampling.total_steps};
}

LinearProbe MakeProbe(int64_t width, int64_t classes,
                      const data::TrainSampling& sampling, ProbeRecipe recipe) {
  recipe.batch_size = sampling.batch_size;
  return {width, classes, recipe,
          data::StepsPerEpoch(sampling.size, sampling.batch_size)};
}

Classifier ClassifierOf(LinearProbe probe) {
  return [probe = std::move(probe)](const at::Tensor& features) {
    return probe.Logits(features);
  };
}

// MAE's recipe on features that were computed once.
Fitted FitOnFeatures(const LabelledFeatures& train, int64_t classes,
                     const ProbeRecipe& recipe, const OnProgress& on_progress) {
  const auto sampling = SamplingOf(train.labels.size(0), recipe);
  auto probe = MakeProbe(train.features.size(1), classes, sampling, recipe);
  const auto next = TrainBatches(sampling);
  ProgressPoint done = StartOf(sampling);
  for (auto batch = next(); !batch.indices.empty(); batch = next()) {
    const auto rows = at::tensor(batch.indices);
    probe.Train(train.features.index_select(0, rows),
                train.labels.index_select(0, rows));
    Advance(done, sampling.batch_size, on_progress);
  }
  const Classifier classify = ClassifierOf(std::move(probe));
  return {classify, Top1(classify, train)};
}

// Random crops and flips, without RandAugment and random erasing.
data::Transform CropAndFlip(const FeatureExtractor& extractor, uint64_t seed) {
  train::Options options;
  options.seed = seed;
  options.transform.img_size = extractor.transform.img_size;
  options.transform.in_chans = extractor.transform.in_chans;
  options.transform.pass_order = extractor.transform.pass_order;
  options.transform.rand_augment = "";
  options.erasing.probability = 0;
  return train::MakeTrainTransform(options);
}

// MAE's recipe with its crops and flips.
Fitted FitOnImages(const data::Dataset& set, int64_t classes,
                   const FeatureExtractor& extractor,
                   const ProbeOptions& options, const OnProgress& on_progress) {
  const auto sampling = SamplingOf(set.size(), options.recipe);
  const HeightWidth size = extractor.transform.img_size;
  train::Uploader uploader(extractor.device, extractor.normalisation);
  data::Loader loader(set, CropAndFlip(extractor, options.recipe.seed),
                      TrainBatches(sampling),
                      {.img_size = size,
                       .batch_size = sampling.batch_size,
                       .workers = options.workers,
                       .skip_corrupt = options.skip_corrupt},
                      uploader.allocate());
  std::optional<LinearProbe> probe;
  ProgressPoint done = StartOf(sampling);
  while (const data::Batch* batch = loader.Next()) {
    const auto uploaded = uploader.Upload(*batch, size);
    const auto valid = uploaded.valid.nonzero().squeeze(1);
    at::Tensor features;
    {
      const at::NoGradGuard no_grad;
      features =
          extractor.forward(uploaded.images).cpu().index_select(0, valid);
    }
    if (!probe) {
      probe = MakeProbe(features.size(1), classes, sampling, options.recipe);
    }
    Advance(done, sampling.batch_size, on_progress);
    if (valid.size(0) < 2) continue;  // nothing for the batch norm
    probe->Train(features, uploaded.labels.cpu().index_select(0, valid));
  }
  return {ClassifierOf(std::move(*probe)), std::nullopt, loader.num_corrupt()};
}

Fitted Fit(const data::Dataset& train, const FeatureExtractor& extractor,
           const ProbeOptions& options, const FeatureOptions& computed) {
  const auto classes = static_cast<int64_t>(train.classes.size());
  if (options.augment) {
    return FitOnImages(train, classes, extractor, options,
                       computed.on_progress);
  }
  LabelledFeatures features = ComputeFeatures(train, extractor, computed);
  const int64_t skipped = features.skipped;
  Fitted fitted =
      options.recipe.solver == ProbeSolver::kLbfgs
          ? FitLogisticRegression(std::move(features), classes,
                                  options.logistic, computed.on_progress)
          : FitOnFeatures(features, classes, options.recipe,
                          computed.on_progress);
  fitted.skipped = skipped;
  return fitted;
}

}  // namespace

void Validate(const ProbeOptions& options) {
  if (options.augment && options.recipe.solver == ProbeSolver::kLbfgs) {
    throw Error(
        ErrorKind::kConfig, "augment",
        "needs the solver lars or sgd; lbfgs is fitted to fixed features");
  }
  CheckNotNegative("l2", options.logistic.l2);
  Validate(options.recipe);
}

void CheckSplit(std::string_view name, int64_t classes, int64_t num_images) {
  if (classes != 1 && num_images != 1) return;
  throw Error(ErrorKind::kMismatch, name,
              classes == 1 ? "has one class; a probe needs at least two"
                           : "has one training image; a probe needs more");
}

ProbeResult FitProbe(const data::Dataset& train, const data::Dataset& test,
                     const FeatureExtractor& extractor,
                     const ProbeOptions& options,
                     const OnProgress& on_progress) {
  const FeatureOptions computed = {.workers = options.workers,
                                   .skip_corrupt = options.skip_corrupt,
                                   .on_progress = on_progress};
  const Fitted fitted = Fit(train, extractor, options, computed);
  ProbeResult result;
  result.train_top1 = fitted.train_top1;
  result.train_skipped = fitted.skipped;
  Accuracy on_test(fitted.classify);
  result.test_skipped =
      ForEachBatch(test, extractor, computed,
                   [&](const at::Tensor& features, const at::Tensor& labels) {
                     result.num_features = features.size(1);
                     on_test.Add(features, labels);
                   });
  result.top1 = on_test.percent();
  return result;
}

}  // namespace wsel::probe
