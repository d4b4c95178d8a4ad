#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
// After <cstdio>, which it needs.
#include <jpeglib.h>

#include <span>
#include <string>
#include <vector>

#include "augment/op_names.h"
#include "wsel/augment/erasing.h"
#include "wsel/augment/image_transforms.h"
#include "wsel/augment/rand_augment.h"
#include "wsel/core/philox.h"
#include "wsel/image/decode.h"
#include "wsel/image/resample.h"

namespace wsel::augment {
namespace {

// Noise, enlarged from an eighth: as smooth as photographs are.
image::Image Scene(int width, int height) {
  image::Image small(width / 8, height / 8);
  const RandomStream stream(1, "scene");
  const auto bytes = small.bytes();
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(stream.Below(i, 256));
  }
  return image::Resize(small, image::FullBox(small), width, height,
                       image::Interpolation::kBicubic);
}

// The whole training transform, erasing included. Draws change from image to
// image: a time is a mean over them.
void Train(const image::Image& source, int64_t index, std::span<uint8_t> out) {
  const SampleAddress address{1, 0, index};
  TrainTransform(source, {}, address, out);
  if (const auto erasure = DrawErasing({}, 224, address)) {
    benchmark::DoNotOptimize(ErasingNoise(*erasure, address));
  }
}

void TrainFrom32(benchmark::State& state) {
  const auto source = Scene(32, 32);
  image::Image out(224, 224);
  int64_t index = 0;
  for (auto _ : state) Train(source, index++, out.bytes());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(TrainFrom32)->Unit(benchmark::kMicrosecond);

// A JPEG of 500 x 375 in memory, quality 90.
std::vector<std::byte> Jpeg(const image::Image& picture) {
  jpeg_compress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* data = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's type
  jpeg_mem_dest(&jpeg, &data, &size);
  jpeg.image_width = picture.width();
  jpeg.image_height = picture.height();
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 90, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  for (int y = 0; y < picture.height(); ++y) {
    auto* row = const_cast<uint8_t*>(picture.Row(y));  // only read
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  const auto bytes = std::as_bytes(std::span(data, size));
  std::vector<std::byte> file(bytes.begin(), bytes.end());
  std::free(data);
  return file;
}

void DecodeJpeg500(benchmark::State& state) {
  const auto file = Jpeg(Scene(500, 375));
  for (auto _ : state) benchmark::DoNotOptimize(image::Decode(file, "jpeg"));
}
BENCHMARK(DecodeJpeg500)->Unit(benchmark::kMicrosecond);

// A crop of half of the area.
void DecodeWindow(benchmark::State& state) {
  const auto file = Jpeg(Scene(500, 375));
  const auto needed = [](image::Size) {
    return image::Window{50, 50, 367, 275};
  };
  for (auto _ : state) {
    benchmark::DoNotOptimize(image::Decode(file, "jpeg", {}, needed));
  }
}
BENCHMARK(DecodeWindow)->Unit(benchmark::kMicrosecond);

// Only libjpeg, to some eighths of the size: what JPEG's own scaling would
// save, though its pixels are not Pillow's.
void DecodeScaled(benchmark::State& state) {
  const auto file = Jpeg(Scene(500, 375));
  std::vector<uint8_t> row(size_t{3} * 500);
  for (auto _ : state) {
    jpeg_decompress_struct jpeg;
    jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&jpeg);
    jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(file.data()),
                 file.size());
    jpeg_read_header(&jpeg, TRUE);
    jpeg.scale_num = static_cast<unsigned>(state.range(0));
    jpeg.scale_denom = 8;
    jpeg_start_decompress(&jpeg);
    uint8_t* to = row.data();
    while (jpeg.output_scanline < jpeg.output_height) {
      jpeg_read_scanlines(&jpeg, &to, 1);
    }
    jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);
  }
}
BENCHMARK(DecodeScaled)
    ->ArgName("eighths")
    ->Arg(8)
    ->Arg(5)
    ->Arg(4)
    ->Unit(benchmark::kMicrosecond);

void TrainFromJpeg500(benchmark::State& state) {
  const auto file = Jpeg(Scene(500, 375));
  image::Image out(224, 224);
  int64_t index = 0;
  for (auto _ : state) {
    const SampleAddress address{1, 0, index};
    const auto needed = [&](image::Size size) {
      return NeededForTrain({}, size, address);
    };
    Train(image::Decode(file, "jpeg", {}, needed).image, index++, out.bytes());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(TrainFromJpeg500)->Unit(benchmark::kMicrosecond);

void EvalFromJpeg500(benchmark::State& state) {
  const auto file = Jpeg(Scene(500, 375));
  image::Image out(224, 224);
  const auto needed = [](image::Size size) { return NeededForEval({}, size); };
  for (auto _ : state) {
    EvalTransform(image::Decode(file, "jpeg", {}, needed).image, {},
                  out.bytes());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(EvalFromJpeg500)->Unit(benchmark::kMicrosecond);

// At 224, by the place in the enumeration.
void Operation(benchmark::State& state) {
  const auto op = static_cast<Op>(state.range(0));
  const auto source = Scene(224, 224);
  const DrawnOp drawn{op, 9, ArgumentOf(op, 9, true)};
  for (auto _ : state) {
    benchmark::DoNotOptimize(ApplyOp(
        source, drawn, image::Interpolation::kBicubic, {124, 116, 104}));
  }
  state.SetLabel(std::string(NameOf(op)));
}
BENCHMARK(Operation)->DenseRange(0, 20)->Unit(benchmark::kMicrosecond);

void Noise(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(ErasingNoise({0, 0, 100, 100}, {1, 0, 0}));
  }
  state.SetItemsProcessed(state.iterations() * 30'000);
}
BENCHMARK(Noise)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wsel::augment
