#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "gpu.h"
#include "wsel/train/image_batches.h"

namespace wsel::train {
namespace {

// A batch of two 4x4 images with increasing bytes.
struct Images {
  Images() : bytes(static_cast<size_t>(2 * 4 * 4 * 3)) {
    std::iota(bytes.begin(), bytes.end(), uint8_t{0});
    batch.size = 2;
    batch.pixels = bytes;
    batch.labels = {7, 3};
    batch.erase_patches.resize(2);
  }
  std::vector<uint8_t> bytes;
  data::Batch batch;
};

TEST(Uploader, NormalisesEachChannel) {
  Images images;
  const image::Normalisation normalisation;
  Uploader uploader(c10::Device(c10::kCPU), normalisation);
  const DeviceBatch out = uploader.Upload(images.batch, 4);
  ASSERT_EQ(out.images.sizes(), (at::IntArrayRef{2, 3, 4, 4}));
  EXPECT_TRUE(out.images.is_contiguous(at::MemoryFormat::ChannelsLast));
  for (const auto& [n, c, y, x] :
       {std::array{0, 0, 0, 0}, std::array{0, 2, 1, 3},
        std::array{1, 1, 3, 2}}) {
    const int at = ((n * 4 + y) * 4 + x) * 3 + c;
    const double byte = images.bytes[static_cast<size_t>(at)];
    const auto channel = static_cast<size_t>(c);
    EXPECT_NEAR(
        out.images[n][c][y][x].item<float>(),
        (byte / 255 - normalisation.mean[channel]) / normalisation.std[channel],
        1e-6);
  }
  EXPECT_TRUE(at::equal(out.labels, at::tensor({7, 3}, at::kLong)));
}

TEST(Uploader, ErasesAfterNormalising) {
  Images images;
  Uploader uploader(c10::Device(c10::kCPU), {});
  const at::Tensor plain = uploader.Upload(images.batch, 4).images.clone();
  images.batch.erase_patches[1] = {.top = 1,
                                   .left = 2,
                                   .height = 2,
                                   .width = 1,
                                   .values = {10, 11, 20, 21, 30, 31}};
  const at::Tensor erased = uploader.Upload(images.batch, 4).images;
  at::Tensor expected = plain.clone();
  for (int channel = 0; channel < 3; ++channel) {
    for (int row = 0; row < 2; ++row) {
      expected[1][channel][1 + row][2] = 10 * (channel + 1) + row;
    }
  }
  EXPECT_TRUE(at::equal(erased, expected));
}

// Images whose channels are equal give one.
TEST(Uploader, GivesOneChannelOfGreyImages) {
  Images images;
  for (size_t i = 0; i < images.bytes.size(); ++i) {
    images.bytes[i] = static_cast<uint8_t>(i / 3 * 3);
  }
  images.batch.erase_patches[1] = {
      .top = 0, .left = 1, .height = 1, .width = 1, .values = {10, 20, 30}};
  const image::Normalisation normalisation = {
      .mean = {0.5, 0.5, 0.5}, .std = {0.25, 0.25, 0.25}, .in_chans = 1};
  Uploader uploader(c10::Device(c10::kCPU), normalisation);
  const at::Tensor grey = uploader.Upload(images.batch, 4).images;
  ASSERT_EQ(grey.sizes(), (at::IntArrayRef{2, 1, 4, 4}));
  EXPECT_NEAR(grey[0][0][1][2].item<float>(), (18. / 255 - 0.5) / 0.25, 1e-6);
  EXPECT_EQ(grey[1][0][0][1].item<float>(), 10);
}

TEST(Uploader, NormalisesAnyNumberOfChannels) {
  std::vector<uint8_t> bytes(size_t{2} * 3 * 5);  // [1, 2, 3, 5]
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  data::Batch batch;
  batch.size = 1;
  batch.pixels = bytes;
  batch.labels = {0};
  batch.erase_patches = {{.top = 1,
                          .left = 2,
                          .height = 1,
                          .width = 1,
                          .values = {1, 2, 3, 4, 5}}};
  const image::Normalisation normalisation = {
      .mean = {0.1, 0.2, 0.3, 0.4, 0.5}, .std = {1, 2, 3, 4, 5}, .in_chans = 5};
  Uploader uploader(c10::Device(c10::kCPU), normalisation);
  const at::Tensor out = uploader.Upload(batch, {2, 3}).images;
  ASSERT_EQ(out.sizes(), (at::IntArrayRef{1, 5, 2, 3}));
  EXPECT_NEAR(out[0][3][1][0].item<float>(), (18. / 255 - 0.4) / 4, 1e-6);
  EXPECT_EQ(out[0][4][1][2].item<float>(), 5);
}

TEST(Uploader, DoesNotChangeTheBytesOfTheLoader) {
  Images images;
  const std::vector<uint8_t> before = images.bytes;
  Uploader uploader(c10::Device(c10::kCPU), {});
  uploader.Upload(images.batch, 4).images.zero_();
  EXPECT_EQ(images.bytes, before);
  EXPECT_EQ(uploader.allocate(), nullptr);  // nothing to pin for a CPU
}

using UploaderOnGpu = OnGpu;

TEST_F(UploaderOnGpu, MatchesTheCpu) {
  Images images;
  for (data::ErasePatch& patch : images.batch.erase_patches) {
    patch = {1, 2, 2, 1, {10, 11, 20, 21, 30, 31}};
  }
  Uploader on_cpu(c10::Device(c10::kCPU), {});
  Uploader on_gpu(gpu_, {});
  const DeviceBatch wanted = on_cpu.Upload(images.batch, 4);
  const DeviceBatch found = on_gpu.Upload(images.batch, 4);
  EXPECT_TRUE(found.images.is_cuda());
  EXPECT_TRUE(found.images.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(at::allclose(found.images.cpu(), wanted.images, 0, 1e-6));
  EXPECT_TRUE(at::equal(found.labels.cpu(), wanted.labels));
}

TEST_F(UploaderOnGpu, TheMemoryForTheLoaderIsPinned) {
  const auto memory = Uploader(gpu_, {}).allocate()(64);
  EXPECT_TRUE(at::from_blob(memory.get(), {64}, at::kByte).is_pinned());
}

}  // namespace
}  // namespace wsel::train
