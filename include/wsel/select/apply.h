// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/select/plan.h"
#include "wsel/select/svd_parts.h"
#include "wsel/tensor/source.h"

namespace wsel::select {

struct Student {
  // One per plan entry, in order: contiguous float32, with memory of its own.
  std::vector<TensorView> tensors;
  // SHA-256 over the lines "name digest\n" of the teacher's tensors that were
  // read, in the order of the plan. A line's digest is the SHA-256 of that
  // tensor's bytes in the file, so that tensors are hashed in parallel. Empty
  // without a teacher.
  std::string teacher_digest;
};

// Executes a plan. Decides nothing: equal plans, teachers and seeds give equal
// bytes. Reads only the tensors that the plan names, and keeps few of them in
// memory at a time. `teacher` may be null for a plan without one, `svd` for one
// that does not need it (NeedsSvd).
// Errors: kMismatch if the teacher lacks a tensor of the plan, or if selection
// by magnitude gives other elements than when the plan was made.
Student Apply(const Plan& plan, const TensorSource* teacher,
              const SvdParts* svd = nullptr);

}  // namespace wsel::select
