#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <functional>
#include <string>

#include "wsel/data/dataset.h"
#include "wsel/image/normalisation.h"
#include "wsel/image/resample.h"
#include "wsel/naming/remap_state_dict.h"
#include "wsel/nn/build.h"

namespace wsel::probe {

// Maps images to the features that a linear classifier is fitted to.
struct FeatureExtractor {
  std::string name;  // for messages
  int img_size = 224;
  image::Normalisation normalisation;
  double crop_pct = 0.875;
  image::Interpolation interpolation = image::Interpolation::kBicubic;
  c10::Device device = c10::kCPU;
  // Images [B, 3, img_size, img_size] on the device -> [B, D].
  std::function<at::Tensor(const at::Tensor&)> forward;
};

// The raw pixels, at the size of the set's first image; with `skip_corrupt` the
// first that can be read. Errors: as set.image.
FeatureExtractor PixelFeatures(const data::Dataset& set,
                               const c10::Device& device,
                               bool skip_corrupt = false);

// The pooled features of a model without classifier (num_classes 0), which is
// moved to the device.
FeatureExtractor ModelFeatures(const nn::Model& model,
                               const image::Normalisation& normalisation,
                               const c10::Device& device);

// The same of a checkpoint, whose classifier is left out, for images as it
// expects them. `copy`, `num_heads` as in pretrained::Open. Errors: as
// pretrained::FactsOf; kMismatch for a missing tensor.
FeatureExtractor CheckpointFeatures(const std::string& path,
                                    const naming::CopyChoice& copy,
                                    int64_t num_heads,
                                    const c10::Device& device);

struct LabelledFeatures {
  at::Tensor features;  // [N, D], on the CPU
  at::Tensor labels;    // [N] int64
  int64_t skipped = 0;  // corrupt images, which have no row
};

// Of all images of `set`, in order, by the eval transform at img_size; with
// `skip_corrupt` of those that can be read. Errors: as data::Loader::Next;
// kFormat if all images are corrupt; kMismatch if a feature is NaN or infinite.
LabelledFeatures ComputeFeatures(const data::Dataset& set,
                                 const FeatureExtractor& extractor, int workers,
                                 bool skip_corrupt = false);

}  // namespace wsel::probe
