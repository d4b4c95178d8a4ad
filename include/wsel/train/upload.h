#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/Stream.h>

#include <memory>
#include <optional>
#include <span>

#include "wsel/data/loader.h"
#include "wsel/train/options.h"

namespace wsel::train {

// A batch on the device, ready for the model.
struct Uploaded {
  at::Tensor images;  // [B, 3, H, W] float32, normalised; channels last
  at::Tensor labels;  // [B] int64
};

// Brings the loader's batches to a device. To a GPU they go on a stream of
// their own, so that the copy waits for no computation; when Upload returns,
// the loader may have its memory back.
class Uploader {
 public:
  Uploader(const c10::Device& device, const Normalisation& normalisation);

  Uploaded Upload(const data::Batch& batch, int64_t img_size);

  // Memory for the loader's ring: pinned where a GPU copies from it.
  data::Allocate allocate() const;

 private:
  at::Tensor Copy(const at::Tensor& host);
  void EraseIn(at::Tensor& images, std::span<const data::Overlay> overlays);

  c10::Device device_;
  std::optional<c10::Stream> stream_;
  at::Tensor mean_;  // [1, 3, 1, 1], of bytes
  at::Tensor scale_;
};

}  // namespace wsel::train
