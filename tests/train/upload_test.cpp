#include "wsel/train/upload.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "gpu.h"

namespace wsel::train {
namespace {

// Two pictures of 4x4 whose bytes count upwards.
struct Pictures {
  Pictures() : bytes(static_cast<size_t>(2 * 4 * 4 * 3)) {
    std::iota(bytes.begin(), bytes.end(), uint8_t{0});
    batch.size = 2;
    batch.pixels = bytes;
    batch.labels = {7, 3};
    batch.overlays.resize(2);
  }
  std::vector<uint8_t> bytes;
  data::Batch batch;
};

TEST(Uploader, NormalisesEachChannel) {
  Pictures pictures;
  const Normalisation normalisation;
  Uploader uploader(c10::Device(c10::kCPU), normalisation);
  const Uploaded out = uploader.Upload(pictures.batch, 4);
  ASSERT_EQ(out.images.sizes(), (at::IntArrayRef{2, 3, 4, 4}));
  EXPECT_TRUE(out.images.is_contiguous(at::MemoryFormat::ChannelsLast));
  for (const auto& [n, c, y, x] :
       {std::array{0, 0, 0, 0}, std::array{0, 2, 1, 3},
        std::array{1, 1, 3, 2}}) {
    const double byte =
        pictures.bytes[static_cast<size_t>(((n * 4 + y) * 4 + x) * 3 + c)];
    const auto channel = static_cast<size_t>(c);
    EXPECT_NEAR(
        out.images[n][c][y][x].item<float>(),
        (byte / 255 - normalisation.mean[channel]) / normalisation.std[channel],
        1e-6);
  }
  EXPECT_TRUE(at::equal(out.labels, at::tensor({7, 3}, at::kLong)));
}

TEST(Uploader, ErasesAfterTheNormalisation) {
  Pictures pictures;
  Uploader uploader(c10::Device(c10::kCPU), {});
  const at::Tensor plain = uploader.Upload(pictures.batch, 4).images.clone();
  pictures.batch.overlays[1] = {.top = 1,
                                .left = 2,
                                .height = 2,
                                .width = 1,
                                .values = {10, 11, 20, 21, 30, 31}};
  const at::Tensor erased = uploader.Upload(pictures.batch, 4).images;
  at::Tensor expected = plain.clone();
  for (int channel = 0; channel < 3; ++channel) {
    for (int row = 0; row < 2; ++row) {
      expected[1][channel][1 + row][2] = 10 * (channel + 1) + row;
    }
  }
  EXPECT_TRUE(at::equal(erased, expected));
}

TEST(Uploader, LeavesTheLoadersBytesAlone) {
  Pictures pictures;
  const std::vector<uint8_t> before = pictures.bytes;
  Uploader uploader(c10::Device(c10::kCPU), {});
  uploader.Upload(pictures.batch, 4).images.zero_();
  EXPECT_EQ(pictures.bytes, before);
  EXPECT_EQ(uploader.allocate(), nullptr);  // nothing to pin for a CPU
}

using UploaderOnGpu = OnGpu;

TEST_F(UploaderOnGpu, BringsWhatTheProcessorHas) {
  Pictures pictures;
  for (data::Overlay& overlay : pictures.batch.overlays) {
    overlay = {1, 2, 2, 1, {10, 11, 20, 21, 30, 31}};
  }
  Uploader here(c10::Device(c10::kCPU), {});
  Uploader there(gpu_, {});
  const Uploaded wanted = here.Upload(pictures.batch, 4);
  const Uploaded found = there.Upload(pictures.batch, 4);
  EXPECT_TRUE(found.images.is_cuda());
  EXPECT_TRUE(found.images.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(at::allclose(found.images.cpu(), wanted.images, 0, 1e-6));
  EXPECT_TRUE(at::equal(found.labels.cpu(), wanted.labels));
}

TEST_F(UploaderOnGpu, TheLoadersMemoryIsPinned) {
  const auto memory = Uploader(gpu_, {}).allocate()(64);
  EXPECT_TRUE(at::from_blob(memory.get(), {64}, at::kByte).is_pinned());
}

}  // namespace
}  // namespace wsel::train
