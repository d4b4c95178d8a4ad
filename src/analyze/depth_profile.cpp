#include "wsel/analyze/depth_profile.h"

#include <ATen/ATen.h>

#include <cmath>

#include "wsel/data/sampler.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::analyze {
namespace {

// Tokens [B, N, D] or maps [B, H, W, D] -> [B, D].
at::Tensor MeanOverPatches(const at::Tensor& x, const model::Config& config) {
  if (x.dim() == 4) return x.mean({1, 2});
  return x.slice(1, TokensOf(config).prefix).mean(1);
}

// The features of one block, accumulated over batches.
struct Accumulator {
  std::vector<at::Tensor> features;
  double squares = 0;
  int64_t count = 0;

  void Add(const at::Tensor& x, const model::Config& config) {
    features.push_back(MeanOverPatches(x, config));
    squares += x.square().sum(at::kDouble).item<double>();
    count += x.numel();
  }
};

}  // namespace

std::vector<std::string> BlockNames(const model::Config& config) {
  std::vector<std::string> names = BlockPrefixes(config);
  names.insert(names.begin(), "embed");
  return names;
}

std::vector<BlockFeatures> ProfileOf(const nn::Model& model,
                                     data::Loader& loader,
                                     train::Uploader& uploader) {
  const at::NoGradGuard no_grad;
  const auto names = BlockNames(model.config);
  std::vector<Accumulator> blocks(names.size());
  while (const data::Batch* batch = loader.Next()) {
    const auto images = uploader.Upload(*batch, ImageSize(model.config)).images;
    size_t block = 0;
    model.module->visit_blocks(images, [&](const at::Tensor& x) {
      blocks[block++].Add(x, model.config);
    });
  }
  std::vector<BlockFeatures> profile;
  for (size_t i = 0; i < blocks.size(); ++i) {
    profile.push_back(
        {names[i], at::cat(blocks[i].features),
         std::sqrt(blocks[i].squares / static_cast<double>(blocks[i].count))});
  }
  return profile;
}

std::vector<BlockFeatures> ProfileOf(model::Config config,
                                     const TensorSource& weights,
                                     const image::Normalisation& normalisation,
                                     augment::EvalTransformOptions transform,
                                     const data::Dataset& set, int workers) {
  constexpr int64_t kBatch = 32;
  SetNumClasses(config, 0);
  nn::Model model = nn::Build(config);
  Load(model, weights);
  const HeightWidth size = ImageSize(config);
  transform.img_size = size;
  transform.in_chans = static_cast<int>(InChans(config));
  train::Uploader uploader(c10::kCPU, normalisation);
  data::Loader loader(
      set, train::MakeEvalTransform(transform),
      data::EvalBatches(set.size(), kBatch),
      {.img_size = size, .batch_size = kBatch, .workers = workers});
  return ProfileOf(model, loader, uploader);
}

}  // namespace wsel::analyze
