// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "indices.h"
#include "wsel/select/options.h"

namespace wsel::select {

// Attention channels: `heads` times `head_dim`, head by head.
struct HeadSplit {
  int64_t heads = 1;
  int64_t head_dim = 1;
};

// Selects `to` of `from` indices by options.method. `name` identifies the
// random stream. `scores` has one value per index if the method is
// data-dependent, else none.
Indices SelectIndices(const Options& options, const std::string& name,
                      int64_t from, int64_t to,
                      const std::vector<double>& scores);

// Selects attention channels by options.heads; both models fit that rule.
// `scores` are per channel.
Indices SelectChannels(const Options& options, const std::string& name,
                       const HeadSplit& from, const HeadSplit& to,
                       const std::vector<double>& scores);

// Sums `scores` over `groups` equal parts: [groups * n] -> [n].
std::vector<double> FoldScores(const std::vector<double>& scores, int groups);

}  // namespace wsel::select
