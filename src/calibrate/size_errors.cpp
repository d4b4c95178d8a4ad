#include "wsel/calibrate/size_errors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <variant>

#include "finite.h"
#include "stream_moments.h"
#include "tile_sums.h"
#include "vit_pass.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::calibrate {
namespace {

using Scores = std::vector<double>;

// The scores of a tensor along its input dimension.
using ScoresOfReader = std::function<Scores(const std::string& tensor)>;

void Add(const Scores& scores, Scores& sum) {
  if (sum.empty()) sum.resize(scores.size());
  std::ranges::transform(scores, sum, sum.begin(), std::plus<>());
}

// Where the layers of a block are, in timm's names.
struct BlockReaders {
  std::vector<std::string> of_stream;
  std::string of_attention;  // "": none
  std::string of_hidden;
};

BlockReaders ReadersOf(const std::string& block, bool vit) {
  BlockReaders readers{{block + ".mlp.fc1.weight"}, "", ""};
  readers.of_hidden = block + ".mlp.fc2.weight";
  if (vit) {
    readers.of_stream.push_back(block + ".attn.qkv.weight");
    readers.of_attention = block + ".attn.proj.weight";
  }
  return readers;
}

// A student of d channels has d - 1 directions, as its own layer norm takes the
// mean off.
KeptShares SpectrumShares(const VitPass& teacher, const Images& images) {
  const OneThreadEach guard;
  const auto moments = StreamMoments(teacher, images);
  RequireFinite(moments, "blocks");
  const auto values = at::linalg_eigvalsh(moments).clamp_min(0).contiguous();
  const double* first = values.const_data_ptr<double>();
  KeptShares shares = KeptSharesOf(Scores(first, first + values.numel()));
  shares.insert(shares.begin(), 0);
  shares.pop_back();
  shares.back() = 1;
  return shares;
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

// Hidden channels of the MLPs of a stage.
int64_t HiddenOf(const model::Config& config, int64_t width) {
  const auto* vit = std::get_if<model::VitConfig>(&config);
  return vit != nullptr ? vit->MlpHidden() : 4 * width;
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
  const bool vit = std::holds_alternative<model::VitConfig>(teacher.config);
  const ScoresOfReader scores_of = [&](const std::string& tensor) {
    const int64_t channels = teacher.weights[tensor].size(1);
    if (!rule.NeedsImages()) return Scores(static_cast<size_t>(channels), 1);
    return activations.slice_scores(tensor, 1, nullptr);
  };
  const auto depths = StageDepths(teacher.config);
  const auto blocks = BlockPrefixes(teacher.config);
  size_t next = 0;
  for (const int64_t depth : depths) {
    Scores width;
    std::vector<KeptShares> hidden;
    std::vector<KeptShares> attention;
    for (int64_t b = 0; b < depth; ++b) {
      const BlockReaders readers = ReadersOf(blocks[next++], vit);
      for (const auto& name : readers.of_stream) Add(scores_of(name), width);
      hidden.push_back(KeptSharesOf(scores_of(readers.of_hidden)));
      if (!vit) continue;
      attention.push_back(KeptSharesOf(scores_of(readers.of_attention)));
    }
    width_.push_back(KeptSharesOf(width));
    hidden_.push_back(hidden);
    if (vit) attention_.push_back(attention);
  }
  if (rule.solve == select::Solve::kProjection) {
    const VitPass pass(std::get<model::VitConfig>(teacher.config),
                       teacher.weights);
    width_ = {SpectrumShares(pass, images)};
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
        MeanShare(hidden_[stage], layers[stage], HiddenOf(student, width));
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
