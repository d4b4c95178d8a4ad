#include "element_selection.h"

#include <algorithm>
#include <numeric>

#include "consecutive.h"

namespace wsel::select {
namespace {

Indices WholeHeads(const SelectionRule& rule, const RandomStream& stream,
                   const HeadSplit& from, const HeadSplit& to,
                   const std::vector<double>& scores) {
  const int64_t dim = from.head_dim;
  std::vector<double> head_scores;
  for (auto at = scores.begin(); at != scores.end(); at += dim) {
    head_scores.push_back(std::accumulate(at, at + dim, 0.0));
  }
  Indices channels;
  for (const int64_t head :
       SelectIndices(rule, stream, from.heads, to.heads, head_scores)) {
    for (int64_t d = 0; d < dim; ++d) channels.push_back(head * dim + d);
  }
  return channels;
}

Indices WithinHeads(const SelectionRule& rule, const RandomStream& stream,
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
         SelectIndices(rule, stream, dim, to.head_dim, head_scores)) {
      channels.push_back(head * dim + d);
    }
  }
  return channels;
}

}  // namespace

Indices SelectIndices(const SelectionRule& rule, const RandomStream& stream,
                      int64_t from, int64_t to,
                      const std::vector<double>& scores) {
  return rule.IsDataDependent() ? Largest(scores, to)
                                : rule.select(from, to, stream);
}

Indices SelectChannels(const SelectionRule& rule, Heads heads,
                       const RandomStream& stream, const HeadSplit& from,
                       const HeadSplit& to, const std::vector<double>& scores) {
  return heads == Heads::kWhole ? WholeHeads(rule, stream, from, to, scores)
                                : WithinHeads(rule, stream, from, to, scores);
}

Indices Largest(const std::vector<double>& scores, int64_t to) {
  Indices order = Consecutive(static_cast<int64_t>(scores.size()));
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  order.resize(static_cast<size_t>(to));
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace wsel::select
