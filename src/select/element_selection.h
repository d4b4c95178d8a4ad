// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "wsel/core/philox.h"
#include "wsel/select/options.h"

namespace wsel::select {

// Attention channels: `heads` times `head_dim`, head by head.
struct HeadSplit {
  int64_t heads = 1;
  int64_t head_dim = 1;
};

// Selects `to` of `from` indices by a rule. `stream` is the dimension's;
// `scores` has one value per index if the rule is data-dependent, else none.
Indices SelectIndices(const SelectionRule& rule, const RandomStream& stream,
                      int64_t from, int64_t to,
                      const std::vector<double>& scores);

// Selects attention channels, keeping heads: kWhole or kWithin, which both
// models fit. `scores` are per channel.
Indices SelectChannels(const SelectionRule& rule, Heads heads,
                       const RandomStream& stream, const HeadSplit& from,
                       const HeadSplit& to, const std::vector<double>& scores);

// The indices of the `to` largest scores; ties go to the lower index.
Indices Largest(const std::vector<double>& scores, int64_t to);

}  // namespace wsel::select
