// Torch-free.
#pragma once

#include "wsel/select/selection_rule.h"

namespace wsel::select {

// A uniformly random subset of `to` of the indices 0 ... from-1, ascending.
Indices RandomSubset(int64_t from, int64_t to, const RandomStream& stream);

}  // namespace wsel::select
