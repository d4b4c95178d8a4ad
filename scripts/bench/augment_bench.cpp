#include <benchmark/benchmark.h>

#include <array>
#include <span>
#include <string>
#include <vector>

#include "wsel/augment/erasing.h"
#include "wsel/augment/eval_transform.h"
#include "wsel/augment/rand_augment.h"
#include "wsel/augment/train_transform.h"
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
  return image::Resize(small, image::WholeOf(small), width, height,
                       image::Interpolation::kBicubic);
}

// The whole training transform, erasing included. Draws change from picture to
// picture: a time is a mean over them.
void Train(const image::Image& source, int64_t index, std::span<uint8_t> out) {
  const SampleAddress address{1, 0, index};
  TrainTransform(source, {}, address, out);
  if (const auto erasure = DrawErasing({}, 224, address)) {
    benchmark::DoNotOptimize(ErasureNoise(*erasure, address));
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

void TrainFrom500(benchmark::State& state) {
  const auto source = Scene(500, 375);
  image::Image out(224, 224);
  int64_t index = 0;
  for (auto _ : state) Train(source, index++, out.bytes());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(TrainFrom500)->Unit(benchmark::kMicrosecond);

void EvalFrom500(benchmark::State& state) {
  const auto source = Scene(500, 375);
  image::Image out(224, 224);
  for (auto _ : state) EvalTransform(source, {}, out.bytes());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(EvalFrom500)->Unit(benchmark::kMicrosecond);

// At 224, by the row of the table of operations.
void Operation(benchmark::State& state) {
  const Op op = Ops().rows()[static_cast<size_t>(state.range(0))].value;
  const auto source = Scene(224, 224);
  const DrawnOp drawn{op, 9, ArgumentOf(op, 9, true)};
  for (auto _ : state) {
    benchmark::DoNotOptimize(ApplyOp(
        source, drawn, image::Interpolation::kBicubic, {124, 116, 104}));
  }
  state.SetLabel(std::string(Ops().NameOf(op)));
}
BENCHMARK(Operation)->DenseRange(0, 20)->Unit(benchmark::kMicrosecond);

void Noise(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(ErasureNoise({0, 0, 100, 100}, {1, 0, 0}));
  }
  state.SetItemsProcessed(state.iterations() * 30'000);
}
BENCHMARK(Noise)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wsel::augment
