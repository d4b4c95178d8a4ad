#include "wsel/probe/features.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/data/loader.h"
#include "wsel/data/sampler.h"
#include "wsel/train/transforms.h"
#include "wsel/train/upload.h"

namespace wsel::probe {
namespace {

constexpr int64_t kBatch = 100;

at::Tensor LabelsOf(const data::Dataset& set) {
  return at::tensor(at::ArrayRef<int32_t>(set.labels), at::kInt).to(at::kLong);
}

}  // namespace

FeatureExtractor PixelFeatures(const data::Dataset& set,
                               const c10::Device& device) {
  const auto first = set.image(0);
  FeatureExtractor extractor;
  extractor.name = "pixels";
  extractor.img_size = std::max(first.width(), first.height());
  extractor.device = device;
  extractor.forward = [](const at::Tensor& images) {
    return images.flatten(1);
  };
  return extractor;
}

FeatureExtractor ModelFeatures(const nn::Model& model,
                               const image::Normalisation& normalisation,
                               const c10::Device& device) {
  model.module->to(device);
  return {NameOf(model.config), static_cast<int>(ImageSize(model.config)),
          normalisation, device,
          [model](const at::Tensor& images) { return model.forward(images); }};
}

LabelledFeatures ComputeFeatures(const data::Dataset& set,
                                 const FeatureExtractor& extractor,
                                 int workers) {
  train::Uploader uploader(extractor.device, extractor.normalisation);
  const int size = extractor.img_size;
  data::Loader loader(
      set, train::MakeEvalTransform({.img_size = size}),
      data::EvalBatches(set.size(), kBatch),
      {.img_size = size, .batch_size = kBatch, .workers = workers},
      uploader.allocate());
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> rows;
  while (const data::Batch* batch = loader.Next()) {
    rows.push_back(
        extractor.forward(uploader.Upload(*batch, size).images).cpu());
  }
  LabelledFeatures result = {at::cat(rows), LabelsOf(set)};
  if (!at::isfinite(result.features).all().item<bool>()) {
    throw Error(ErrorKind::kMismatch, extractor.name,
                "produces NaN or infinite features; its weights are corrupt");
  }
  return result;
}

}  // namespace wsel::probe
