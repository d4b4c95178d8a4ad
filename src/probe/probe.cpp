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

Classifier FitLogisticRegression(const LabelledFeatures& train, int64_t classes,
                                 const LogisticOptions& options) {
  const StandardScaler scale(train.features);
  const auto linear =
      FitLogistic(scale(train.features), train.labels, classes, options);
  return [scale, linear](const at::Tensor& features) {
    return at::linear(scale(features), linear.weight, linear.bias);
  };
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
Classifier FitOnFeatures(const LabelledFeatures& train, int64_t classes,
                         const ProbeRecipe& recipe) {
  const auto sampling = SamplingOf(train.labels.size(0), recipe);
  auto probe = MakeProbe(train.features.size(1), classes, sampling, recipe);
  const auto next = TrainBatches(sampling);
  for (auto batch = next(); !batch.indices.empty(); batch = next()) {
    const auto rows = at::tensor(batch.indices);
    probe.Train(train.features.index_select(0, rows),
                train.labels.index_select(0, rows));
  }
  return ClassifierOf(std::move(probe));
}

// Random crops and flips, without RandAugment and random erasing.
data::Transform CropAndFlip(int img_size, uint64_t seed) {
  train::Options options;
  options.seed = seed;
  options.transform.img_size = img_size;
  options.transform.rand_augment = "";
  options.erasing.probability = 0;
  return train::MakeTrainTransform(options);
}

// MAE's recipe with its crops and flips. Counts corrupt images in `skipped`.
Classifier FitOnImages(const data::Dataset& set, int64_t classes,
                       const FeatureExtractor& extractor,
                       const ProbeOptions& options, int64_t& skipped) {
  const auto sampling = SamplingOf(set.size(), options.recipe);
  const int size = extractor.img_size;
  train::Uploader uploader(extractor.device, extractor.normalisation);
  data::Loader loader(set, CropAndFlip(size, options.recipe.seed),
                      TrainBatches(sampling),
                      {.img_size = size,
                       .batch_size = sampling.batch_size,
                       .workers = options.workers,
                       .skip_corrupt = options.skip_corrupt},
                      uploader.allocate());
  std::optional<LinearProbe> probe;
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
    if (valid.size(0) < 2) continue;  // nothing for the batch norm
    probe->Train(features, uploaded.labels.cpu().index_select(0, valid));
  }
  skipped = loader.num_corrupt();
  return ClassifierOf(std::move(*probe));
}

double Top1(const Classifier& classify, const LabelledFeatures& images) {
  const auto correct = classify(images.features).argmax(1).eq(images.labels);
  return 100 * correct.to(at::kDouble).mean().item<double>();
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
                     const ProbeOptions& options) {
  const auto classes = static_cast<int64_t>(train.classes.size());
  Classifier classify;
  ProbeResult result;
  if (options.augment) {
    classify =
        FitOnImages(train, classes, extractor, options, result.train_skipped);
  } else {
    const auto features = ComputeFeatures(train, extractor, options.workers,
                                          options.skip_corrupt);
    result.train_skipped = features.skipped;
    classify = options.recipe.solver == ProbeSolver::kLbfgs
                   ? FitLogisticRegression(features, classes, options.logistic)
                   : FitOnFeatures(features, classes, options.recipe);
    result.train_top1 = Top1(classify, features);
  }
  const auto features =
      ComputeFeatures(test, extractor, options.workers, options.skip_corrupt);
  result.test_skipped = features.skipped;
  result.num_features = features.features.size(1);
  result.top1 = Top1(classify, features);
  return result;
}

}  // namespace wsel::probe
