#include "model_images.h"

#include <ATen/ATen.h>

#include "wsel/data/loader.h"
#include "wsel/data/sampler.h"
#include "wsel/train/eval_transform.h"
#include "wsel/train/image_batches.h"

namespace wsel::session {

std::vector<std::string> ForEachBatch(const data::Dataset& set,
                                      const pretrained::Facts& facts,
                                      const ModelImagesOptions& options,
                                      const OnProgress& progress,
                                      const OnImages& use) {
  const HeightWidth size = ImageSize(facts.model);
  train::Uploader uploader(c10::kCPU, facts.mean_std.normalisation());
  data::Loader loader(set,
                      train::MakeEvalTransform(train::EvalTransformOf(facts)),
                      data::EvalBatches(set.size(), options.batch_size),
                      {.img_size = size,
                       .batch_size = options.batch_size,
                       .workers = options.workers,
                       .skip_corrupt = options.skip_corrupt},
                      uploader.allocate());
  ProgressPoint done{
      .title = options.title,
      .steps = (set.size() + options.batch_size - 1) / options.batch_size};
  while (const data::Batch* batch = loader.Next()) {
    const auto uploaded = uploader.Upload(*batch, size);
    const auto valid = uploaded.valid.nonzero().squeeze(1);
    std::vector<int64_t> indices;
    for (size_t i = 0; i < batch->indices.size(); ++i) {
      if (batch->valid[i]) indices.push_back(batch->indices[i]);
    }
    if (!indices.empty()) {
      use(uploaded.images.index_select(0, valid), indices);
    }
    Advance(done, batch->size, progress);
  }
  return loader.corrupt_files();
}

}  // namespace wsel::session
