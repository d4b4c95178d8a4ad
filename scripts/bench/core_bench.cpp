#include <benchmark/benchmark.h>

#include <string>

#include "wsel/core/philox.h"
#include "wsel/core/sha256.h"

namespace wsel {
namespace {

void HashBytes(benchmark::State& state) {
  const std::string text(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(Sha256Hex(text));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(HashBytes)->Arg(1 << 10)->Arg(1 << 24);

void DrawUniform(benchmark::State& state) {
  const RandomStream stream(1, "bench");
  uint64_t index = 0;
  for (auto _ : state) benchmark::DoNotOptimize(stream.Uniform(index++));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(DrawUniform);

void DrawNormal(benchmark::State& state) {
  const RandomStream stream(1, "bench");
  uint64_t index = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(NormalQuantile(stream.Uniform(index++)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(DrawNormal);

}  // namespace
}  // namespace wsel
