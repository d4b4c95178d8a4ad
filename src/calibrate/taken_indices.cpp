#include "taken_indices.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <variant>

#include "wsel/core/error.h"
#include "wsel/nn/initialize.h"
#include "wsel/tensor/floats.h"
#include "wsel/tensor/torch_bridge.h"

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

select::Student StudentOf(const select::Plan& plan, const Weights& weights,
                          const std::string& teacher_digest) {
  select::Student student;
  student.teacher_digest = teacher_digest;
  for (const select::Entry& entry : plan.entries) {
    const auto* drawn = std::get_if<select::Reinitialised>(&entry.source);
    const at::Tensor found = weights[entry.student.name];
    const at::Tensor values =
        drawn != nullptr && !found.defined()
            ? nn::Draw(drawn->init, entry.student, plan.options.seed)
            : found.reshape(entry.student.shape);
    student.tensors.push_back(
        OwningView(entry.student.name, entry.student.shape, ValuesOf(values)));
  }
  return student;
}

}  // namespace wsel::calibrate
