#include "wsel/calibrate/size_errors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "architecture.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::calibrate {
namespace {

using Scores = std::vector<double>;

// The scores of some input channels of a layer.
using ScoresOfColumns = std::function<Scores(const WriterColumns& columns)>;

void Add(const Scores& scores, Scores& sum) {
  if (sum.empty()) sum.resize(scores.size());
  std::ranges::transform(scores, sum, sum.begin(), std::plus<>());
}

double ShareAt(const KeptShares& shares, int64_t count) {
  return shares.at(static_cast<size_t>(count));
}

// The mean over the blocks that are kept.
double MeanShare(const std::vector<KeptShares>& blocks,
                 const std::vector<int64_t>& kept, int64_t count) {
  double sum = 0;
  for (const int64_t block : kept) {
    sum += ShareAt(blocks.at(static_cast<size_t>(block)), count);
  }
  return sum / static_cast<double>(kept.size());
}

}  // namespace

KeptShares KeptSharesOf(std::vector<double> scores) {
  std::ranges::sort(scores, std::greater<>());
  double total = std::accumulate(scores.begin(), scores.end(), 0.0);
  if (!(total > 0)) {
    std::ranges::fill(scores, 1);
    total = static_cast<double>(scores.size());
  }
  KeptShares shares = {0};
  double sum = 0;
  for (const double score : scores) {
    sum += score;
    shares.push_back(std::min(1.0, sum / total));
  }
  shares.back() = 1;
  return shares;
}

SizeErrors::SizeErrors(const Reference& teacher,
                       const select::SelectionRule& rule,
                       const select::ImportanceScores& activations,
                       const Images& images) {
  const Architecture& architecture = ArchitectureOf(teacher.config);
  const ScoresOfColumns scores_of = [&](const WriterColumns& columns) {
    if (!rule.NeedsImages()) {
      return Scores(static_cast<size_t>(columns.count), 1);
    }
    const auto all =
        activations.slice_scores(columns.layer + ".weight", 1, nullptr);
    const auto first = all.begin() + columns.first;
    return Scores(first, first + columns.count);
  };
  model::Config config = teacher.config;
  const auto widths = FieldsOf(config).widths;
  const auto depths = StageDepths(teacher.config);
  const auto blocks = BlockPrefixes(teacher.config);
  size_t next = 0;
  for (size_t stage = 0; stage < depths.size(); ++stage) {
    Scores width;
    std::vector<KeptShares> hidden;
    std::vector<KeptShares> attention;
    for (int64_t b = 0; b < depths[stage]; ++b, ++next) {
      const BlockInputs inputs = architecture.block_inputs(
          teacher.config, {blocks[next], widths[stage], b});
      for (const auto& input : inputs.of_stream) Add(scores_of(input), width);
      hidden.push_back(KeptSharesOf(scores_of(inputs.of_hidden)));
      if (!inputs.of_attention) continue;
      attention.push_back(KeptSharesOf(scores_of(*inputs.of_attention)));
    }
    width_.push_back(KeptSharesOf(width));
    hidden_.push_back(hidden);
    if (!attention.empty()) attention_.push_back(attention);
  }
  if (rule.solve == select::Solve::kProjection &&
      architecture.spectrum != nullptr) {
    width_ = {architecture.spectrum(teacher, images)};
  }
}

double SizeErrors::Of(const model::Config& student,
                      const std::vector<std::vector<int64_t>>& layers,
                      double change) const {
  model::Config config = student;
  const auto widths = FieldsOf(config).widths;
  double width_sum = 0;
  double inner_sum = 0;
  for (size_t stage = 0; stage < layers.size(); ++stage) {
    const int64_t width = widths[stage];
    width_sum += ShareAt(width_[stage], width);
    double inner =
        MeanShare(hidden_[stage], layers[stage],
                  ArchitectureOf(student).hidden_channels(student, width));
    if (!attention_.empty()) {
      inner *= MeanShare(attention_[stage], layers[stage], width);
    }
    inner_sum += inner;
  }
  const auto stages = static_cast<double>(layers.size());
  const double kept = (1 - std::clamp(change, 0.0, 1.0)) *
                      (width_sum / stages) * (inner_sum / stages);
  return 1 - kept;
}

}  // namespace wsel::calibrate
