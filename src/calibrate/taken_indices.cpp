#include "taken_indices.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "wsel/core/error.h"

namespace wsel::calibrate {

at::Tensor TakenIndices(const select::Plan& plan, const std::string& set,
                        int64_t of, int64_t to) {
  const auto at = std::ranges::find(plan.sets, set, &select::IndexSet::name);
  const bool has = at != plan.sets.end();
  const int64_t from = has ? at->of : of;
  const int64_t count = has ? static_cast<int64_t>(at->indices.size()) : of;
  if (from != of || count != to) {
    throw Error(ErrorKind::kFormat, "index_sets",
                "the plan takes {} of {} indices of '{}', and its models have "
                "{} of {}; it was edited: make it again",
                count, from, set, to, of);
  }
  return has ? at::tensor(at->indices, at::kLong) : at::arange(of, at::kLong);
}

at::Tensor TakingMap(const at::Tensor& indices, int64_t from) {
  return at::eye(from, at::kDouble).index_select(1, indices);
}

}  // namespace wsel::calibrate
