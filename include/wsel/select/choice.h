// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/select/index_rule.h"
#include "wsel/select/options.h"

namespace wsel::select {

// Attention channels: `heads` times `head_dim`, head by head.
struct HeadSplit {
  int64_t heads = 1;
  int64_t head_dim = 1;
};

// Chooses `to` of `from` positions by options.method. `name` addresses what is
// drawn at random; `scores` has one a position where the method looks at
// weights, else none.
Indices Choose(const Options& options, const std::string& name, int64_t from,
               int64_t to, const std::vector<double>& scores);

// Chooses attention channels by options.heads; the two sides fit that rule.
// Scores are of channels.
Indices ChooseChannels(const Options& options, const std::string& name,
                       const HeadSplit& from, const HeadSplit& to,
                       const std::vector<double>& scores);

// Sums of equal positions of `groups` equal parts.
std::vector<double> FoldScores(const std::vector<double>& scores, int groups);

}  // namespace wsel::select
