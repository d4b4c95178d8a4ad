#include <benchmark/benchmark.h>

#include <cstdint>

#include "wsel/data/loader.h"
#include "wsel/data/sampler.h"

namespace wsel::data {
namespace {

// What the loader itself costs a sample: the images are one pixel, and the
// transform writes nothing.
void LoadTrivialSamples(benchmark::State& state) {
  constexpr int64_t kSamples = 1 << 16;
  Dataset dataset;
  dataset.labels.resize(kSamples);
  dataset.image = [](int64_t) { return image::Image(1, 1); };
  const auto transform = [](const image::Image&, int64_t, int64_t,
                            std::span<uint8_t>, ErasePatch&) {};
  const LoaderOptions options{.img_size = 32,
                              .batch_size = 64,
                              .workers = static_cast<int>(state.range(0))};
  for (auto _ : state) {
    Loader loader(dataset, transform, EvalBatches(kSamples, 64), options);
    while (const Batch* batch = loader.Next()) {
      benchmark::DoNotOptimize(batch->pixels.data());
    }
  }
  state.SetItemsProcessed(state.iterations() * kSamples);
}
BENCHMARK(LoadTrivialSamples)->Arg(0)->Arg(1)->Arg(2)->Arg(8)->UseRealTime();

void ShuffleAnEpoch(benchmark::State& state) {
  int64_t epoch = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(Permutation(state.range(0), 1, epoch++));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(ShuffleAnEpoch)->Arg(50'000)->Arg(1'281'167);

}  // namespace
}  // namespace wsel::data
