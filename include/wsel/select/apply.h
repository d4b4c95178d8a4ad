#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "wsel/select/plan.h"
#include "wsel/tensor/source.h"

namespace wsel::select {

struct Student {
  // One a plan entry, in order: contiguous, float32.
  std::vector<at::Tensor> tensors;
  // SHA-256 over the lines "name digest\n" of the teacher's tensors that were
  // read, in the order of the plan, each with the SHA-256 of its bytes as they
  // lie in the file: hashed apart, they are hashed in parallel. Empty without
  // a teacher.
  std::string teacher_digest;
};

// Carries a plan out. Decides nothing: equal plans, teachers and seeds give
// equal bytes. Reads the tensors that the plan names and no others, and holds
// few of them in memory at a time. `teacher` may be null for a plan without
// one.
// Errors: kMismatch where the teacher has not the tensors of the plan, or a
// choice by magnitude comes out another way than when it was planned.
Student Apply(const Plan& plan, const TensorSource* teacher);

}  // namespace wsel::select
