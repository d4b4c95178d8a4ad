#include "wsel/probe/features.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "wsel/core/error.h"
#include "wsel/data/loader.h"
#include "wsel/data/sampler.h"
#include "wsel/train/device.h"
#include "wsel/train/eval_transform.h"
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
                               const c10::Device& device, bool skip_corrupt,
                               image::PassOrder pass_order) {
  const auto first = FirstImage(set, skip_corrupt);
  return {.name = "pixels",
          .transform = {.img_size = std::max(first.width(), first.height()),
                        .pass_order = pass_order},
          .normalisation = {},
          .facts = std::nullopt,
          .device = device,
          .forward = [](const at::Tensor& x) { return x.flatten(1); }};
}

FeatureExtractor ModelFeatures(const nn::Model& model,
                               const image::Normalisation& normalisation,
                               const c10::Device& device) {
  model.module->to(device);
  return {.name = NameOf(model.config),
          .transform = {.img_size = ImageSize(model.config)},
          .normalisation = normalisation,
          .facts = std::nullopt,
          .device = device,
          .forward = [model](const at::Tensor& images) {
            return model.forward(images);
          }};
}

FeatureExtractor CheckpointFeatures(
    const pretrained::CheckpointRequest& backbone, const c10::Device& device) {
  const std::string& path = backbone.file;
  const bool model_given = backbone.given.model.has_value();
  const auto checkpoint = Open(backbone);
  const pretrained::Facts facts = FactsOf(checkpoint, backbone.given);
  if (model_given) RequireNoUnexpectedKeys(checkpoint, facts.model);
  if (!model_given) RequireKnownHeads(checkpoint);
  LogFacts(facts, path);
  LogLoadReport(checkpoint, model_given);
  model::Config config = facts.model;
  model::SetNumClasses(config, 0);
  nn::Model model = nn::Build(config);
  Load(model, *checkpoint.remapped.tensors);
  auto features = ModelFeatures(model, facts.mean_std.normalisation(), device);
  features.name = path;
  features.facts = facts;
  features.transform = train::EvalTransformOf(facts);
  return features;
}

void RequireMemory(std::string_view where, int64_t bytes, std::string_view what,
                   std::string_view advice) {
  const int64_t free = train::FreeMemory(c10::kCPU);
  if (bytes <= free) return;
  constexpr double kGiB = 1 << 30;
  throw Error(ErrorKind::kConfig, where,
              "{} need {:.1f} GiB of memory, and {:.1f} GiB are free: {}", what,
              static_cast<double>(bytes) / kGiB,
              static_cast<double>(free) / kGiB, advice);
}

int64_t ForEachBatch(const data::Dataset& set,
                     const FeatureExtractor& extractor,
                     const FeatureOptions& options, const OnFeatures& use) {
  constexpr int64_t kBatch = 100;
  train::Uploader uploader(extractor.device, extractor.normalisation);
  const HeightWidth size = extractor.transform.img_size;
  data::Loader loader(set, train::MakeEvalTransform(extractor.transform),
                      data::EvalBatches(set.size(), kBatch),
                      {.img_size = size,
                       .batch_size = kBatch,
                       .workers = options.workers,
                       .skip_corrupt = options.skip_corrupt},
                      uploader.allocate());
  const at::NoGradGuard no_grad;
  ProgressPoint done{.title = "features of " + set.name,
                     .steps = (set.size() + kBatch - 1) / kBatch};
  while (const data::Batch* batch = loader.Next()) {
    const auto uploaded = uploader.Upload(*batch, size);
    const auto valid = uploaded.valid.nonzero().squeeze(1);
    const auto features =
        extractor.forward(uploaded.images).cpu().index_select(0, valid);
    if (!at::isfinite(features).all().item<bool>()) {
      throw Error(ErrorKind::kMismatch, extractor.name,
                  "produces NaN or infinite features; its weights are corrupt");
    }
    use(features, uploaded.labels.cpu().index_select(0, valid));
    Advance(done, batch->size, options.on_progress);
  }
  const int64_t skipped = loader.num_corrupt();
  if (skipped > 0 && skipped == set.size()) {
    throw Error(ErrorKind::kFormat, loader.corrupt_files().front(),
                "is corrupt, as all {} images of the split are: none is left; "
                "wsel datasets check says what is wrong with each",
                skipped);
  }
  return skipped;
}

LabelledFeatures ComputeFeatures(const data::Dataset& set,
                                 const FeatureExtractor& extractor,
                                 const FeatureOptions& options) {
  LabelledFeatures result;
  result.labels = at::empty({set.size()}, at::kLong);
  int64_t count = 0;
  const auto add = [&](const at::Tensor& features, const at::Tensor& labels) {
    const int64_t width = features.size(1);
    const int64_t rows = features.size(0);
    if (!result.features.defined()) {
      const int64_t bytes = set.size() * width * int64_t{sizeof(float)};
      RequireMemory("subset", bytes,
                    fmt::format("{} features of each of {} training images",
                                width, set.size()),
                    "choose fewer images");
      result.features = at::empty({set.size(), width});
    }
    result.features.narrow(0, count, rows).copy_(features);
    result.labels.narrow(0, count, rows).copy_(labels);
    count += rows;
  };
  result.skipped = ForEachBatch(set, extractor, options, add);
  result.features = result.features.narrow(0, 0, count);
  result.labels = result.labels.narrow(0, 0, count);
  return result;
}

}  // namespace wsel::probe
