#include "element_selection.h"

#include <numeric>

#include "wsel/core/philox.h"

namespace wsel::select {
namespace {

Indices WholeHeads(const Options& options, const std::string& name,
                   const HeadSplit& from, const HeadSplit& to,
                   const std::vector<double>& scores) {
  const int64_t dim = from.head_dim;
  std::vector<double> head_scores;
  for (auto at = scores.begin(); at != scores.end(); at += dim) {
    head_scores.push_back(std::accumulate(at, at + dim, 0.0));
  }
  Indices channels;
  for (const int64_t head :
       SelectIndices(options, name, from.heads, to.heads, head_scores)) {
    for (int64_t d = 0; d < dim; ++d) channels.push_back(head * dim + d);
  }
  return channels;
}

Indices WithinHeads(const Options& options, const std::string& name,
                    const HeadSplit& from, const HeadSplit& to,
                    const std::vector<double>& scores) {
  const int64_t dim = from.head_dim;
  Indices channels;
  for (int64_t head = 0; head < from.heads; ++head) {
    // Scores differ between heads, so the selected channels may, too.
    const auto head_scores =
        scores.empty() ? scores
                       : std::vector<double>(scores.begin() + head * dim,
                                             scores.begin() + (head + 1) * dim);
    for (const int64_t d :
         SelectIndices(options, name, dim, to.head_dim, head_scores)) {
      channels.push_back(head * dim + d);
    }
  }
  return channels;
}

}  // namespace

Indices SelectIndices(const Options& options, const std::string& name,
                      int64_t from, int64_t to,
                      const std::vector<double>& scores) {
  switch (options.method) {
    case Method::kUniform:
      return Uniform(from, to);
    case Method::kConsecutive:
      return Consecutive(to);
    case Method::kRandom:
    case Method::kRandomInconsistent:
      return RandomSubset(from, to,
                          RandomStream(options.seed, "select " + name));
    default:
      return Largest(scores, to);
  }
}

Indices SelectChannels(const Options& options, const std::string& name,
                       const HeadSplit& from, const HeadSplit& to,
                       const std::vector<double>& scores) {
  switch (options.heads) {
    case Heads::kWhole:
      return WholeHeads(options, name, from, to, scores);
    case Heads::kWithin:
      return WithinHeads(options, name, from, to, scores);
    case Heads::kFlat:
      break;
  }
  return SelectIndices(options, name, from.heads * from.head_dim,
                       to.heads * to.head_dim, scores);
}

std::vector<double> FoldScores(const std::vector<double>& scores, int groups) {
  std::vector<double> folded(scores.size() / groups);
  for (size_t i = 0; i < scores.size(); ++i) {
    folded[i % folded.size()] += scores[i];
  }
  return folded;
}

}  // namespace wsel::select
