#include "wsel/probe/features.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/data/loader.h"
#include "wsel/data/sampler.h"
#include "wsel/pretrained/facts.h"
#include "wsel/train/image_batches.h"

namespace wsel::probe {

FeatureExtractor PixelFeatures(const data::Dataset& set,
                               const c10::Device& device) {
  const auto first = set.image(0);
  return {.name = "pixels",
          .img_size = std::max(first.width(), first.height()),
          .normalisation = {},
          .device = device,
          .forward = [](const at::Tensor& x) { return x.flatten(1); }};
}

FeatureExtractor ModelFeatures(const nn::Model& model,
                               const image::Normalisation& normalisation,
                               const c10::Device& device) {
  model.module->to(device);
  return {NameOf(model.config), static_cast<int>(ImageSize(model.config)),
          normalisation, device,
          [model](const at::Tensor& images) { return model.forward(images); }};
}

FeatureExtractor CheckpointFeatures(const std::string& path,
                                    const c10::Device& device) {
  const auto checkpoint = pretrained::Open(path);
  const pretrained::Facts facts = FactsOf(checkpoint);
  model::Config config = facts.model;
  model::SetNumClasses(config, 0);
  nn::Model model = nn::Build(config);
  Load(model, *checkpoint.remapped.tensors);
  auto features = ModelFeatures(model, facts.mean_std.normalisation(), device);
  features.name = path;
  return features;
}

LabelledFeatures ComputeFeatures(const data::Dataset& set,
                                 const FeatureExtractor& extractor,
                                 int workers) {
  constexpr int64_t kBatch = 100;
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
  const auto labels = at::tensor(at::ArrayRef<int32_t>(set.labels), at::kInt);
  LabelledFeatures result = {at::cat(rows), labels.to(at::kLong)};
  if (!at::isfinite(result.features).all().item<bool>()) {
    throw Error(ErrorKind::kMismatch, extractor.name,
                "produces NaN or infinite features; its weights are corrupt");
  }
  return result;
}

}  // namespace wsel::probe
