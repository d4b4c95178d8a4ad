#include "wsel/calibrate/images.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tile_sums.h"
#include "wsel/augment/image_transforms.h"
#include "wsel/core/error.h"
#include "wsel/core/parallel.h"
#include "wsel/core/sha256.h"
#include "wsel/data/subset.h"
#include "wsel/image/channels.h"
#include "wsel/train/image_batches.h"

namespace wsel::calibrate {
namespace {

image::ChannelValues Times255(image::ChannelValues values) {
  for (double& value : values) value *= 255;
  return values;
}

}  // namespace

Images::Images(data::Dataset set,
               const augment::EvalTransformOptions& transform,
               const image::Normalisation& normalisation)
    : set_(std::move(set)),
      transform_(transform),
      normalisation_(normalisation) {}

size_t Images::num_tiles() const {
  return static_cast<size_t>((size() + kTile - 1) / kTile);
}

int64_t Images::Channels() const {
  return image::ChannelsInMemory(transform_.in_chans);
}

std::vector<uint8_t> Images::Pixels(int64_t image) const {
  std::vector<uint8_t> pixels(
      static_cast<size_t>(transform_.img_size.Area() * Channels()));
  const image::Image source = set_.image(image);
  try {
    augment::EvalTransform(source, transform_, pixels);
  } catch (const Error& e) {
    throw Error(e.kind(), set_.filename(image), e.message());
  }
  return pixels;
}

at::Tensor Images::Tile(size_t tile) const {
  const int64_t first = static_cast<int64_t>(tile) * kTile;
  const int64_t count = std::min(kTile, size() - first);
  const auto [height, width] = transform_.img_size;
  const at::Tensor bytes =
      at::empty({count, height, width, Channels()}, at::kByte);
  for (int64_t i = 0; i < count; ++i) {
    std::ranges::copy(Pixels(first + i), bytes[i].data_ptr<uint8_t>());
  }
  // In the arithmetic of train::Uploader.
  const auto mean =
      train::PerChannel(Times255(normalisation_.mean), at::kCPU, Channels());
  const auto std =
      train::PerChannel(Times255(normalisation_.std), at::kCPU, Channels());
  return bytes.permute({0, 3, 1, 2})
      .to(at::kFloat)
      .sub_(mean)
      .mul_(std.reciprocal())
      .narrow(1, 0, normalisation_.in_chans);
}

at::Tensor Images::Labels(size_t tile) const {
  const int64_t first = static_cast<int64_t>(tile) * kTile;
  const int64_t count = std::min(kTile, size() - first);
  at::Tensor labels = at::empty({count}, at::kLong);
  for (int64_t i = 0; i < count; ++i) {
    labels.data_ptr<int64_t>()[i] = set_.labels[static_cast<size_t>(first + i)];
  }
  return labels;
}

std::string Images::Digest(bool with_labels) const {
  std::vector<std::string> lines(static_cast<size_t>(size()));
  const auto digest_of = [&](size_t i) {
    const auto pixels = Pixels(static_cast<int64_t>(i));
    lines[i] = Sha256Hex(std::as_bytes(std::span(pixels)));
    if (with_labels) lines[i] += fmt::format(" {}", set_.labels[i]);
    lines[i] += '\n';
  };
  ParallelFor(lines.size(), digest_of, OneThreadEach().threads());
  Sha256 digest;
  for (const std::string& line : lines) digest.Update(line);
  return digest.Hex();
}

Images Images::EvenlySpaced(int64_t count) const {
  if (count >= size()) return *this;
  return {data::EvenlySpaced(set_, count), transform_, normalisation_};
}

}  // namespace wsel::calibrate
