#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/Stream.h>

#include <optional>
#include <span>

#include "wsel/data/loader.h"
#include "wsel/image/normalisation.h"
#include "wsel/train/options.h"

namespace wsel::train {

// The transform of training images, a function of (seed, epoch, index): crop,
// flip, RandAugment, and the patch of random erasing.
data::Transform MakeTrainTransform(const Options& options);

// The transform of evaluated images.
data::Transform MakeEvalTransform(const augment::EvalTransformOptions& options);

// A batch on the device, ready for the model.
struct DeviceBatch {
  at::Tensor images;  // [B, in_chans, H, W] float32, normalised; channels last
  at::Tensor labels;  // [B] int64
  at::Tensor valid;   // [B] bool, on the CPU: data::Batch::valid
};

// The labels of multi-label images: [B, num_classes] of 0 and 1, float32 on the
// CPU.
at::Tensor MultiHot(const data::Batch& batch, int64_t num_classes);

// The first `in_chans` values as float32 [1, in_chans, 1, 1] on the device,
// which broadcasts over images.
at::Tensor PerChannel(const image::ChannelValues& values,
                      const c10::Device& device, int64_t in_chans = 3);

// Copies the loader's batches to a device, normalises them there and applies
// random erasing. Copies to a GPU use their own stream, so that they do not
// wait for computation; when Upload returns, the loader may reuse its memory.
class Uploader {
 public:
  Uploader(const c10::Device& device,
           const image::Normalisation& normalisation);

  DeviceBatch Upload(const data::Batch& batch, const HeightWidth& img_size);

  // Memory for the loader's ring: pinned if a GPU copies from it.
  data::Allocate allocate() const;

 private:
  at::Tensor Copy(const at::Tensor& host);
  void EraseIn(at::Tensor& images, std::span<const data::ErasePatch> patches);

  c10::Device device_;
  int in_chans_;
  std::optional<c10::Stream> stream_;
  at::Tensor mean_;  // [1, channels in memory, 1, 1], for values of 0 to 255
  at::Tensor scale_;
};

}  // namespace wsel::train
