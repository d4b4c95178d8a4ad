#include "wsel/train/image_batches.h"

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>

#include "wsel/augment/apply_to_batch.h"
#include "wsel/augment/erasing.h"
#include "wsel/augment/image_transforms.h"
#include "wsel/core/check.h"
#include "wsel/image/channels.h"

namespace wsel::train {
namespace {

// For pixel values 0 to 255.
image::ChannelValues Times255(image::ChannelValues values) {
  for (double& value : values) value *= 255;
  return values;
}

// The batch's pixels [B, H, W, channels] as a tensor that shares their memory.
at::Tensor Pixels(const data::Batch& batch, const HeightWidth& img_size,
                  int channels) {
  // from_blob does not take a const pointer; nothing writes to it.
  return at::from_blob(const_cast<uint8_t*>(batch.pixels.data()),
                       {batch.size, img_size.height, img_size.width, channels},
                       at::kByte);
}

// The values of all patches in one tensor, for a single copy to a GPU.
at::Tensor ValuesOf(std::span<const data::ErasePatch> patches, bool pinned) {
  int64_t count = 0;
  for (const auto& o : patches) count += static_cast<int64_t>(o.values.size());
  at::Tensor all =
      at::empty({count}, at::TensorOptions(at::kFloat).pinned_memory(pinned));
  float* to = all.data_ptr<float>();
  for (const auto& o : patches) to = std::ranges::copy(o.values, to).out;
  return all;
}

}  // namespace

data::Transform MakeTrainTransform(const Options& options) {
  const int channels = image::ChannelsInMemory(options.transform.in_chans);
  const auto apply = [channels, transform = options.transform,
                      erasing = options.erasing, seed = options.seed](
                         const image::Image& image, int64_t draw, int64_t index,
                         std::span<uint8_t> out, data::ErasePatch& patch) {
    const augment::SampleAddress address{seed, draw, index};
    augment::TrainTransform(image, transform, address, out);
    const auto erasure =
        augment::DrawErasing(erasing, transform.img_size, address);
    if (!erasure) return;
    patch = {erasure->top, erasure->left, erasure->height, erasure->width,
             augment::ErasingNoise(*erasure, address, channels)};
  };
  return {
      apply,
      [transform = options.transform, seed = options.seed](
          image::Size size, int64_t draw, int64_t index) {
        return augment::NeededForTrain(transform, size, {seed, draw, index});
      },
      channels};
}

data::Transform MakeEvalTransform(
    const augment::EvalTransformOptions& options) {
  const auto apply = [options](const image::Image& image, int64_t /*draw*/,
                               int64_t /*index*/, std::span<uint8_t> out,
                               data::ErasePatch& /*patch*/) {
    augment::EvalTransform(image, options, out);
  };
  return {apply,
          [options](image::Size size, int64_t /*draw*/, int64_t /*index*/) {
            return augment::NeededForEval(options, size);
          },
          image::ChannelsInMemory(options.in_chans)};
}

at::Tensor MultiHot(const data::Batch& batch, int64_t num_classes) {
  at::Tensor hot = at::zeros({batch.size, num_classes});
  auto values = hot.accessor<float, 2>();
  for (int64_t i = 0; i < batch.size; ++i) {
    for (const int32_t label : batch.label_sets[static_cast<size_t>(i)]) {
      CheckBetween("label", label, 0, num_classes - 1);
      values[i][label] = 1;
    }
  }
  return hot;
}

at::Tensor PerChannel(const image::ChannelValues& values,
                      const c10::Device& device, int64_t in_chans) {
  return at::tensor(at::ArrayRef<double>(values), at::kFloat)
      .narrow(0, 0, in_chans)
      .view({1, in_chans, 1, 1})
      .to(device);
}

Uploader::Uploader(const c10::Device& device, const image::Normalisation& n)
    : device_(device),
      in_chans_(n.in_chans),
      mean_(PerChannel(Times255(n.mean), device,
                       image::ChannelsInMemory(n.in_chans))),
      scale_(PerChannel(Times255(n.std), at::kCPU,
                        image::ChannelsInMemory(n.in_chans))
                 .reciprocal()
                 .to(device)) {
  if (device.is_cpu()) return;
  stream_ = c10::impl::VirtualGuardImpl(device.type())
                .getStreamFromGlobalPool(device);
}

at::Tensor Uploader::Copy(const at::Tensor& host) {
  if (!stream_) return host;
  const c10::impl::VirtualGuardImpl backend(device_.type());
  const c10::Stream compute = backend.getStream(device_);
  c10::Event copied(device_.type());
  at::Tensor on_device;
  {
    const c10::StreamGuard guard(*stream_);
    on_device = host.to(device_, /*non_blocking=*/true);
    copied.record(*stream_);
  }
  copied.block(compute);
  on_device.record_stream(compute);
  copied.synchronize();
  return on_device;
}

DeviceBatch Uploader::Upload(const data::Batch& batch,
                             const HeightWidth& img_size) {
  DeviceBatch out;
  // Permuted to [B, channels, H, W], these bytes are already channels last.
  out.images = Copy(Pixels(batch, img_size, image::ChannelsInMemory(in_chans_)))
                   .permute({0, 3, 1, 2})
                   .to(at::kFloat)
                   .sub_(mean_)
                   .mul_(scale_);
  EraseIn(out.images, batch.erase_patches);
  // All three are equal, but for the noise of random erasing.
  if (in_chans_ == 1) out.images = out.images.narrow(1, 0, 1).contiguous();
  const auto labels = at::tensor(at::ArrayRef<int32_t>(batch.labels), at::kInt);
  out.labels = Copy(labels.to(at::kLong));
  out.valid = at::ones({batch.size}, at::kBool);
  std::ranges::copy(batch.valid, out.valid.data_ptr<bool>());
  return out;
}

void Uploader::EraseIn(at::Tensor& images,
                       std::span<const data::ErasePatch> patches) {
  const at::Tensor host = ValuesOf(patches, stream_.has_value());
  if (host.numel() == 0) return;
  const at::Tensor values = Copy(host);
  int64_t first = 0;
  for (size_t i = 0; i < patches.size(); ++i) {
    const data::ErasePatch& o = patches[i];
    if (o.height == 0) continue;
    const auto count = static_cast<int64_t>(o.values.size());
    augment::Erase(images, static_cast<int64_t>(i), o.top, o.left, o.height,
                   o.width, values.narrow(0, first, count));
    first += count;
  }
}

data::Allocate Uploader::allocate() const {
  if (!stream_) return nullptr;
  return [](size_t bytes) {
    const auto memory =
        at::empty({static_cast<int64_t>(bytes)},
                  at::TensorOptions(at::kByte).pinned_memory(true));
    return std::shared_ptr<uint8_t>(
        memory.data_ptr<uint8_t>(),
        [memory](uint8_t*) { /* freed with the tensor */ });
  };
}

}  // namespace wsel::train
