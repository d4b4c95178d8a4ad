#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "wsel/augment/options.h"
#include "wsel/core/progress.h"
#include "wsel/data/dataset.h"
#include "wsel/image/normalisation.h"
#include "wsel/image/resample.h"
#include "wsel/nn/build.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/pretrained/facts.h"

namespace wsel::probe {

// Maps images to the features that a linear classifier is fitted to.
struct FeatureExtractor {
  std::string name;                         // for messages
  augment::EvalTransformOptions transform;  // of the images, with their size
  image::Normalisation normalisation;
  std::optional<pretrained::Facts> facts;  // of a checkpoint
  c10::Device device = c10::kCPU;
  // Images [B, 3, size, size] on the device -> [B, D].
  std::function<at::Tensor(const at::Tensor&)> forward;
};

// The raw pixels, at the size of the set's first image; with `skip_corrupt` the
// first that can be read. `pass_order`: of larger images, which are resized.
// Errors: as set.image.
FeatureExtractor PixelFeatures(
    const data::Dataset& set, const c10::Device& device,
    bool skip_corrupt = false,
    image::PassOrder pass_order = image::PassOrder::kPillow13);

// The pooled features of a model without classifier (num_classes 0), which is
// moved to the device.
FeatureExtractor ModelFeatures(const nn::Model& model,
                               const image::Normalisation& normalisation,
                               const c10::Device& device);

// The pooled features of a checkpoint without its classifier, for images as it
// expects them. Errors: as pretrained::FactsOf; kMismatch for a missing tensor.
FeatureExtractor CheckpointFeatures(
    const pretrained::CheckpointRequest& backbone, const c10::Device& device);

// Errors: kConfig at `where`, which can be set as `advice` says, if `bytes` for
// `what` are more than the machine has free.
void RequireMemory(std::string_view where, int64_t bytes, std::string_view what,
                   std::string_view advice);

// How images become features.
struct FeatureOptions {
  int workers = -1;  // of the data loader; -1: one per core
  bool skip_corrupt = false;
  OnProgress on_progress = nullptr;
};

// Receives the features [B, D] and labels [B] of a batch, on the CPU; a corrupt
// image has none.
using OnFeatures =
    std::function<void(const at::Tensor& features, const at::Tensor& labels)>;

// Calls `use` with the features of all images of `set`, in order, by its
// transform; with `skip_corrupt` of those that can be read. Returns
// the number of the others. Errors: as data::Loader::Next; kFormat if all
// images are corrupt; kMismatch if a feature is NaN or infinite.
int64_t ForEachBatch(const data::Dataset& set,
                     const FeatureExtractor& extractor,
                     const FeatureOptions& options, const OnFeatures& use);

struct LabelledFeatures {
  at::Tensor features;  // [N, D], on the CPU
  at::Tensor labels;    // [N] int64
  int64_t skipped = 0;  // corrupt images, which have no row
};

// The same, all in memory at once. Errors: as ForEachBatch; as RequireMemory.
LabelledFeatures ComputeFeatures(const data::Dataset& set,
                                 const FeatureExtractor& extractor,
                                 const FeatureOptions& options);

}  // namespace wsel::probe
