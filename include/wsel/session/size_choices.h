// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/select/options.h"
#include "wsel/session/budget.h"
#include "wsel/session/model_options.h"

namespace wsel::session {

// The sizes that a budget chooses among (docs/methods.md, "Budget").

// The teacher with its own sizes, but the student's image and patch size and
// classes, where `fixed` gives them. Errors: kConfig if they do not fit.
model::Config AsLargeAs(const model::Config& teacher,
                        const ModelOptions& fixed);

// Students of `base`'s depth (as AsLargeAs gives it), from the narrowest to the
// teacher's width: widths of a ViT are multiples of 64, below 192 of 32, or of
// 8 if the teacher is narrower than 128; its heads have the teacher's number of
// channels or the largest power of two that divides the width, as far as
// `options` allow. The first width of a ConvNeXt is a multiple of 8 (16 from a
// teacher's 128 on), the others follow in the teacher's ratio. Sizes that
// `fixed` gives are the only ones. Errors: kUsage, "num_heads", if no width
// fits the heads; kMismatch, "embed_dim", for more than the teacher's; as
// Overridden.
std::vector<model::Config> WidthChoices(const model::Config& base,
                                        const ModelOptions& fixed,
                                        const select::Options& options);

// The fewest blocks of each stage: those that `fixed` gives, or one. Errors:
// kMismatch, "depth", for more than the teacher's; as Overridden.
std::vector<int64_t> LeastDepths(const model::Config& base,
                                 const ModelOptions& fixed);

// What a model costs; with a budget of latency, which is measured, its FLOPs.
double CostOf(BudgetKind kind, const model::Config& config);

// What a block of each stage costs, at least 1; latencies count as FLOPs.
std::vector<double> BlockCosts(BudgetKind kind, const model::Config& config);

// What can be checked without images. Errors: kUsage, "budget", naming the
// smallest student, if even that one exceeds the budget (latencies are not
// known before they are measured); kUsage, "method", for a rule that takes
// other channels in each tensor; kConfig if a latency's image size does not fit
// the patches; as WidthChoices and LeastDepths.
void CheckBudget(const Budget& budget, const model::Config& base,
                 const ModelOptions& fixed, const select::Options& options);
[[noreturn]] void ThrowUnreachable(const Budget& budget,
                                   const model::Config& smallest, double cost);

// A student that was considered.
struct SizeCandidate {
  model::Config config;
  std::vector<std::vector<int64_t>> layers;  // as select::Plan::layers
  double parameters = 0;
  double flops = 0;
  // Estimated and measured share of the teacher's last stream that the student
  // lacks; only the best under the budget are built and measured.
  double estimated = 0;
  std::optional<double> measured = {};
  std::optional<double> milliseconds = {};  // with a budget of latency
};

// The Pareto front: candidates of which no other one is as cheap with as small
// an estimated error, from the cheapest on, so that errors decrease. Of equal
// ones the first is kept.
std::vector<SizeCandidate> FrontOf(
    std::vector<SizeCandidate> candidates,
    const std::function<double(const SizeCandidate&)>& cost);

// The front, and which of it is the student.
struct SizeChoice {
  Budget budget;
  size_t tried = 0;  // candidates
  std::vector<SizeCandidate> front = {};
  size_t chosen = 0;  // into `front`
  // Where latencies were measured: "AMD EPYC 7763, 2 threads, batch size 1".
  std::string machine = {};
};

// What was chosen and how, for people who read the plan.
std::string NoteOf(const SizeChoice& choice);

// What `candidate` costs of a budget; a latency that is not measured is
// infinite.
double CostOf(BudgetKind kind, const SizeCandidate& candidate);

}  // namespace wsel::session
