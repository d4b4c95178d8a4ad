#include <benchmark/benchmark.h>

#include <map>
#include <string>

#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"
#include "wsel/nn/initialize.h"
#include "wsel/select/apply.h"
#include "wsel/select/importance_scores.h"
#include "wsel/select/plan_json.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::select {
namespace {

// A teacher in memory: what is timed is selection, not reading.
class MemorySource : public TensorSource {
 public:
  explicit MemorySource(const model::Config& config) {
    for (const auto& tensor : model::ParameterSpecs(config)) {
      specs_.push_back(tensor.spec);
      tensors_[tensor.spec.name] =
          nn::Draw({model::InitKind::kNormal, 0.02}, tensor.spec, 1);
    }
  }
  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    const TensorSpec& spec = *Find(name);
    return {spec, ContiguousStrides(spec.shape),
            BytesOf(tensors_.at(spec.name)), nullptr};
  }

 private:
  std::vector<TensorSpec> specs_;
  std::map<std::string, at::Tensor> tensors_;
};

const model::Config& Teacher() {
  return model::FindVariant("vit_small").config;
}
const model::Config& StudentConfig() {
  return model::FindVariant("vit_tiny").config;
}
const MemorySource& Source() {
  static const MemorySource source(Teacher());
  return source;
}

Plan PlanBy(const char* method) {
  Options options;
  options.method = Methods().Find(method, "bench");
  return PlanSelection(Teacher(), Source().Specs(), StudentConfig(), options,
                       ImportanceScoresOf(Source()));
}

// ViT-S -> ViT-T: deciding.
void PlanStudent(benchmark::State& state, const char* method) {
  for (auto _ : state) benchmark::DoNotOptimize(PlanBy(method));
}
BENCHMARK_CAPTURE(PlanStudent, uniform, "uniform")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(PlanStudent, l1_shared, "l1-shared")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(PlanStudent, magnitude, "magnitude")
    ->Unit(benchmark::kMillisecond);

void HashPlan(benchmark::State& state) {
  const Plan plan = PlanBy("uniform");
  for (auto _ : state) benchmark::DoNotOptimize(DigestOf(plan));
}
BENCHMARK(HashPlan)->Unit(benchmark::kMillisecond);

// ViT-S -> ViT-T: hashing what is read, and gathering.
void ApplyPlan(benchmark::State& state, const char* method) {
  const Plan plan = PlanBy(method);
  for (auto _ : state) benchmark::DoNotOptimize(Apply(plan, &Source()));
}
BENCHMARK_CAPTURE(ApplyPlan, uniform, "uniform")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(ApplyPlan, magnitude, "magnitude")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace wsel::select
