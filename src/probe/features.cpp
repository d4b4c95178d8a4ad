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
namespace {

image::Image FirstImage(const data::Dataset& set, bool skip_corrupt) {
  for (int64_t i = 0; skip_corrupt && i + 1 < set.size(); ++i) {
    try {
      return set.image(i);
    } catch (const Error&) {
      continue;
    }
  }
  return set.image(skip_corrupt ? set.size() - 1 : 0);
}

}  // namespace

FeatureExtractor PixelFeatures(const data::Dataset& set,
                               const c10::Device& device, bool skip_corrupt) {
  const auto first = FirstImage(set, skip_corrupt);
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
  return {.name = NameOf(model.config),
          .img_size = static_cast<int>(ImageSize(model.config)),
          .normalisation = normalisation,
          .device = device,
          .forward = [model](const at::Tensor& images) {
            return model.forward(images);
          }};
}

FeatureExtractor CheckpointFeatures(const std::string& path,
                                    const naming::CopyChoice& copy,
                                    int64_t num_heads,
                                    const c10::Device& device) {
  const auto checkpoint = pretrained::Open(path, copy, num_heads);
  const pretrained::Facts facts = FactsOf(checkpoint);
  RequireKnownHeads(checkpoint);
  LogFacts(facts, path);
  LogLoadReport(checkpoint);
  model::Config config = facts.model;
  model::SetNumClasses(config, 0);
  nn::Model model = nn::Build(config);
  Load(model, *checkpoint.remapped.tensors);
  auto features = ModelFeatures(model, facts.mean_std.normalisation(), device);
  features.name = path;
  features.crop_pct = facts.crop_pct.value;
  features.interpolation = facts.interpolation.value;
  return features;
}

LabelledFeatures ComputeFeatures(const data::Dataset& set,
                                 const FeatureExtractor& extractor, int workers,
                                 bool skip_corrupt) {
  constexpr int64_t kBatch = 100;
  train::Uploader uploader(extractor.device, extractor.normalisation);
  const int size = extractor.img_size;
  data::Loader loader(
      set,
      train::MakeEvalTransform({.img_size = size,
                                .crop_pct = extractor.crop_pct,
                                .interpolation = extractor.interpolation}),
      data::EvalBatches(set.size(), kBatch),
      {.img_size = size,
       .batch_size = kBatch,
       .workers = workers,
       .skip_corrupt = skip_corrupt},
      uploader.allocate());
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> rows;
  std::vector<at::Tensor> labels;
  while (const data::Batch* batch = loader.Next()) {
    const auto uploaded = uploader.Upload(*batch, size);
    const auto valid = uploaded.valid.nonzero().squeeze(1);
    rows.push_back(
        extractor.forward(uploaded.images).cpu().index_select(0, valid));
    labels.push_back(uploaded.labels.cpu().index_select(0, valid));
  }
  LabelledFeatures result = {at::cat(rows), at::cat(labels),
                             loader.num_corrupt()};
  if (result.skipped > 0 && result.labels.size(0) == 0) {
    throw Error(ErrorKind::kFormat, loader.corrupt_files().front(),
                "is corrupt, as all {} images of the split are: none is left; "
                "wsel datasets check says what is wrong with each",
                result.skipped);
  }
  if (!at::isfinite(result.features).all().item<bool>()) {
    throw Error(ErrorKind::kMismatch, extractor.name,
                "produces NaN or infinite features; its weights are corrupt");
  }
  return result;
}

}  // namespace wsel::probe
