#include "size_search.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "processor_name.h"
#include "wsel/calibrate/best_layers.h"
#include "wsel/calibrate/importance.h"
#include "wsel/calibrate/size_errors.h"
#include "wsel/model/variants.h"
#include "wsel/nn/build.h"
#include "wsel/session/benchmark.h"

namespace wsel::session {
namespace {

// Of each measurement: five passes are enough to rank models.
constexpr double kSeconds = 0.2;

// The widths of `width` and the depths of `step`.
SizeCandidate Candidate(const model::Config& width,
                        const calibrate::DepthStep& step,
                        const calibrate::SizeErrors& errors) {
  SizeCandidate candidate;
  candidate.config = width;
  candidate.layers = step.layers;
  const model::ConfigFields fields = FieldsOf(candidate.config);
  for (size_t stage = 0; stage < step.layers.size(); ++stage) {
    fields.depths[stage] = static_cast<int64_t>(step.layers[stage].size());
  }
  fields.name = model::DescriptiveName(candidate.config);
  candidate.parameters = CostOf(BudgetKind::kParams, candidate.config);
  candidate.flops = CostOf(BudgetKind::kFlops, candidate.config);
  candidate.estimated = errors.Of(candidate.config, step.layers, step.change);
  return candidate;
}

// All widths at all depths.
std::vector<SizeCandidate> CandidatesOf(const SizeSearch& search) {
  const Budget& budget = search.sized.budget;
  const ModelOptions& fixed = search.sized.fixed;
  const auto widths = WidthChoices(search.base, fixed, search.options);
  auto steps = DropBlocks(search.teacher, LeastDepths(search.base, fixed),
                          BlockCosts(budget.kind, search.base), search.images);
  if (!fixed.depth.empty()) steps = {steps.back()};
  const auto& rule = search.options.Rule();
  const bool has_activations =
      rule.calibration == select::Calibration::kActivations;
  const calibrate::SizeErrors errors(
      search.teacher, rule,
      has_activations ? search.scores
                      : ActivationScores(search.teacher, search.images),
      search.images);
  std::vector<SizeCandidate> candidates;
  for (const model::Config& width : widths) {
    for (const calibrate::DepthStep& step : steps) {
      candidates.push_back(Candidate(width, step, errors));
    }
  }
  return candidates;
}

// A forward pass as `wsel bench` measures it, with random weights.
double MillisecondsOf(const SizeCandidate& candidate, const Budget& budget,
                      int threads) {
  model::Config config = candidate.config;
  if (budget.img_size) FieldsOf(config).img_size = *budget.img_size;
  nn::Model model = nn::Build(config);
  Initialize(model, model::Initializer::kTimm, /*seed=*/0);
  return MeasurePasses(model, c10::Device(c10::kCPU), kSeconds,
                       budget.batch_size, threads)
      .milliseconds;
}

// The front by latency of a front by FLOPs. Measures from the cheapest on until
// two in a row are too slow: all others are larger.
std::vector<SizeCandidate> Timed(std::vector<SizeCandidate> front,
                                 const Budget& budget) {
  const int threads = at::get_num_threads();
  size_t measured = 0;
  int too_slow = 0;
  while (measured < front.size() && too_slow < 2) {
    SizeCandidate& candidate = front[measured++];
    candidate.milliseconds = MillisecondsOf(candidate, budget, threads);
    too_slow = *candidate.milliseconds > budget.limit ? too_slow + 1 : 0;
  }
  front.resize(measured);
  return FrontOf(std::move(front), [](const SizeCandidate& c) {
    return CostOf(BudgetKind::kLatency, c);
  });
}

SizeChoice FrontUnder(const SizeSearch& search) {
  const Budget& budget = search.sized.budget;
  const bool timed = budget.kind == BudgetKind::kLatency;
  const BudgetKind first = timed ? BudgetKind::kFlops : budget.kind;
  auto candidates = CandidatesOf(search);
  SizeChoice choice{.budget = budget, .tried = candidates.size()};
  choice.front = FrontOf(std::move(candidates), [&](const SizeCandidate& c) {
    return CostOf(first, c);
  });
  if (timed) {
    choice.front = Timed(std::move(choice.front), budget);
    choice.machine =
        fmt::format("{}, {} threads, batch size {}, {} px", ProcessorName(),
                    at::get_num_threads(), budget.batch_size,
                    budget.img_size.value_or(ImageSize(search.base)));
  }
  return choice;
}

}  // namespace

SizeChoice ChooseSizes(
    const SizeSearch& search,
    const std::function<double(const SizeCandidate&)>& measure,
    const std::function<void()>& keep) {
  SizeChoice choice = FrontUnder(search);
  const Budget& budget = choice.budget;
  // The front is sorted by cost.
  const auto end = std::ranges::upper_bound(
      choice.front, budget.limit, {},
      [&](const SizeCandidate& c) { return CostOf(budget.kind, c); });
  const auto under = static_cast<size_t>(end - choice.front.begin());
  if (under == 0) {
    const SizeCandidate& least = choice.front.front();
    ThrowUnreachable(budget, least.config, CostOf(budget.kind, least));
  }
  const size_t first = under - std::min(kBuilt, under);
  spdlog::info(
      "budget {}: {} sizes tried, {} on the front, {} of them under "
      "the budget; building {}",
      Describe(budget), choice.tried, choice.front.size(), under,
      under - first);
  for (size_t i = first; i < under; ++i) {
    SizeCandidate& candidate = choice.front[i];
    candidate.measured = measure(candidate);
    const auto& best = choice.front[choice.chosen].measured;
    if (i > first && *candidate.measured >= *best) continue;
    choice.chosen = i;
    keep();
  }
  return choice;
}

}  // namespace wsel::session
