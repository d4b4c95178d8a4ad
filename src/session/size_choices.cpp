#include "wsel/session/size_choices.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "wsel/calibrate/mark_solved.h"
#include "wsel/core/error.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"

namespace wsel::session {
namespace {

using Widths = std::vector<int64_t>;

// Of a model of one stage.
std::vector<Widths> SingleWidths(int64_t largest) {
  const int64_t fine = largest < 128 ? 8 : 32;
  std::vector<Widths> all;
  for (int64_t width = fine; width < largest;
       width += width < 192 ? fine : 64) {
    all.push_back({width});
  }
  all.push_back({largest});
  return all;
}

// The nearest multiple of 8, or of 16 from 128 on.
int64_t Rounded(int64_t width) {
  const int64_t step = width < 128 ? 8 : 16;
  return std::max(step, (width + step / 2) / step * step);
}

std::vector<Widths> StageWidths(const Widths& largest) {
  const int64_t step = largest[0] < 128 ? 8 : 16;
  std::vector<Widths> all;
  for (int64_t first = step; first < largest[0]; first += step) {
    Widths widths;
    for (const int64_t width : largest) {
      const int64_t scaled = Rounded(width * first / largest[0]);
      widths.push_back(std::min(width, scaled));
    }
    all.push_back(widths);
  }
  all.push_back(largest);
  return all;
}

Widths WidthsOf(model::Config config) {
  const auto widths = FieldsOf(config).widths;
  return {widths.begin(), widths.end()};
}

// The widths that `fixed` gives.
Widths FixedWidths(const model::Config& base, const ModelOptions& fixed) {
  Widths given = WidthsOf(Overridden(base, fixed));
  const Widths largest = WidthsOf(base);
  for (size_t stage = 0; stage < given.size(); ++stage) {
    if (given[stage] >= 1 && given[stage] <= largest[stage]) continue;
    throw Error(ErrorKind::kMismatch, "embed_dim",
                "is {}; the teacher has {}, and a student must be 1 to that "
                "wide",
                given[stage], largest[stage]);
  }
  return given;
}

int64_t HeadDim(const model::Config& teacher) {
  return NumFeatures(teacher) / NumHeads(teacher);
}

// Whether the selection of heads allows so many at a width.
bool HeadsFit(int64_t heads, int64_t width, const model::Config& teacher,
              const select::Options& options) {
  if (heads < 1 || width % heads != 0) return false;
  const int64_t channels = width / heads;
  if (!CanHaveHeads(teacher, width, heads)) return false;
  if (FixesHeadDim(teacher) && channels != HeadDim(teacher)) return false;
  const bool projects = options.Rule().solve == select::Solve::kProjection;
  const bool more = heads > NumHeads(teacher) || channels > HeadDim(teacher);
  if (more && (projects || NeedsHeads(teacher))) return false;
  if (projects && calibrate::KeepsHeadsWhole(teacher) &&
      channels != HeadDim(teacher)) {
    return false;
  }
  switch (options.heads) {
    case select::Heads::kWhole:
      return channels == HeadDim(teacher) && heads <= NumHeads(teacher);
    case select::Heads::kWithin:
      return heads == NumHeads(teacher);
    case select::Heads::kFlat:
      break;
  }
  return true;
}

// 0: none fit.
int64_t HeadsFor(int64_t width, const model::Config& teacher,
                 const select::Options& options) {
  const int64_t largest = HeadDim(teacher);
  constexpr std::array<int64_t, 7> kChannels = {64, 32, 16, 8, 4, 2, 1};
  if (width % largest == 0 &&
      HeadsFit(width / largest, width, teacher, options)) {
    return width / largest;
  }
  for (const int64_t channels : kChannels) {
    if (channels > largest || width % channels != 0) continue;
    if (HeadsFit(width / channels, width, teacher, options)) {
      return width / channels;
    }
  }
  // The same number of heads, whatever their channels.
  return HeadsFit(NumHeads(teacher), width, teacher, options)
             ? NumHeads(teacher)
             : 0;
}

// Sets the widths, and heads that fit; whether there are any.
bool SetWidths(model::Config& student, const Widths& widths,
               const model::Config& teacher, const ModelOptions& fixed,
               const select::Options& options) {
  const model::ConfigFields fields = FieldsOf(student);
  std::ranges::copy(widths, fields.widths.begin());
  if (fields.num_heads == nullptr) return true;
  const int64_t heads = fixed.num_heads ? *fixed.num_heads
                                        : HeadsFor(widths[0], teacher, options);
  *fields.num_heads = heads;
  return HeadsFit(heads, widths[0], teacher, options);
}

std::string DescribeSizes(const model::Config& config) {
  return fmt::format("width {}, depth {}", fmt::join(WidthsOf(config), "-"),
                     fmt::join(StageDepths(config), "-"));
}

}  // namespace

model::Config AsLargeAs(const model::Config& teacher,
                        const ModelOptions& fixed) {
  ModelOptions tokens = fixed;
  tokens.depth.clear();
  tokens.embed_dim.clear();
  tokens.num_heads.reset();
  model::Config base = Overridden(teacher, tokens);
  model::Validate(base, NameOf(base));
  return base;
}

std::vector<model::Config> WidthChoices(const model::Config& base,
                                        const ModelOptions& fixed,
                                        const select::Options& options) {
  std::vector<Widths> tried;
  if (const Widths given = FixedWidths(base, fixed); !fixed.embed_dim.empty()) {
    tried = {given};
  } else {
    const Widths largest = WidthsOf(base);
    tried =
        largest.size() == 1 ? SingleWidths(largest[0]) : StageWidths(largest);
  }
  std::vector<model::Config> choices;
  for (const Widths& widths : tried) {
    model::Config student = base;
    if (SetWidths(student, widths, base, fixed, options)) {
      FieldsOf(student).name = model::DescriptiveName(student);
      choices.push_back(student);
    }
  }
  if (!choices.empty()) return choices;
  throw Error(ErrorKind::kUsage, "num_heads",
              "no width from {} to {} has heads that `method` and `heads` "
              "allow; give `embed_dim` and `num_heads` that do",
              tried.front().front(), tried.back().front());
}

std::vector<int64_t> LeastDepths(const model::Config& base,
                                 const ModelOptions& fixed) {
  const auto largest = StageDepths(base);
  if (fixed.depth.empty()) return std::vector<int64_t>(largest.size(), 1);
  auto given = StageDepths(Overridden(base, fixed));
  for (size_t stage = 0; stage < given.size(); ++stage) {
    if (given[stage] >= 1 && given[stage] <= largest[stage]) continue;
    throw Error(ErrorKind::kMismatch, "depth",
                "is {}; the teacher has {} blocks, and a student 1 to that "
                "many",
                given[stage], largest[stage]);
  }
  return given;
}

double CostOf(BudgetKind kind, const model::Config& config) {
  return static_cast<double>(kind == BudgetKind::kParams
                                 ? model::ParameterCount(config)
                                 : model::Flops(config));
}

std::vector<double> BlockCosts(BudgetKind kind, const model::Config& config) {
  const double whole = CostOf(kind, config);
  std::vector<double> costs;
  for (size_t stage = 0; stage < StageDepths(config).size(); ++stage) {
    model::Config more = config;
    ++FieldsOf(more).depths[stage];
    costs.push_back(std::max(1.0, CostOf(kind, more) - whole));
  }
  return costs;
}

void ThrowUnreachable(const Budget& budget, const model::Config& smallest,
                      double cost) {
  throw Error(ErrorKind::kUsage, "budget",
              "{} is less than any student has: the smallest ({}) has {}; "
              "give more, or fix fewer sizes",
              Describe(budget), DescribeSizes(smallest),
              CostText(budget.kind, cost));
}

void CheckBudget(const Budget& budget, const model::Config& base,
                 const ModelOptions& fixed, const select::Options& options) {
  if (!options.Rule().KeepsConsistency() || options.official) {
    throw Error(ErrorKind::kUsage, "method",
                "{} takes other channels in each tensor, so that a budget has "
                "no error to choose by; use activation, regression or "
                "projection",
                options.Rule().name);
  }
  model::Config smallest = WidthChoices(base, fixed, options).front();
  std::ranges::copy(LeastDepths(base, fixed),
                    FieldsOf(smallest).depths.begin());
  if (budget.img_size) {
    model::Config timed = base;
    FieldsOf(timed).img_size = *budget.img_size;
    model::Validate(timed, "budget");
  }
  if (budget.kind == BudgetKind::kLatency) return;
  const double cost = CostOf(budget.kind, smallest);
  if (cost > budget.limit) ThrowUnreachable(budget, smallest, cost);
}

std::string NoteOf(const SizeChoice& choice) {
  const SizeCandidate& chosen = choice.front.at(choice.chosen);
  std::string note = fmt::format(
      "budget {}: {} of {} sizes, with {}; it lacks {:.3g} of the teacher's "
      "last stream",
      Describe(choice.budget), DescribeSizes(chosen.config), choice.tried,
      CostText(choice.budget.kind, CostOf(choice.budget.kind, chosen)),
      chosen.measured.value_or(chosen.estimated));
  if (!choice.machine.empty()) {
    note += fmt::format(
        "; latencies by LibTorch on {}: another machine may choose otherwise",
        choice.machine);
  }
  return note;
}

double CostOf(BudgetKind kind, const SizeCandidate& candidate) {
  switch (kind) {
    case BudgetKind::kParams:
      return candidate.parameters;
    case BudgetKind::kFlops:
      return candidate.flops;
    case BudgetKind::kLatency:
      break;
  }
  return candidate.milliseconds.value_or(
      std::numeric_limits<double>::infinity());
}

std::vector<SizeCandidate> FrontOf(
    std::vector<SizeCandidate> candidates,
    const std::function<double(const SizeCandidate&)>& cost) {
  std::ranges::stable_sort(candidates, [&](const SizeCandidate& a,
                                           const SizeCandidate& b) {
    return std::pair(cost(a), a.estimated) < std::pair(cost(b), b.estimated);
  });
  std::vector<SizeCandidate> front;
  for (SizeCandidate& candidate : candidates) {
    if (!front.empty() && candidate.estimated >= front.back().estimated) {
      continue;
    }
    front.push_back(std::move(candidate));
  }
  return front;
}

}  // namespace wsel::session
