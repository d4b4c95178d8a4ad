// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wsel/model/layout.h"
#include "wsel/select/options.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// One tensor of the student and where it comes from: a tensor of the teacher,
// or, with a null `teacher`, `fresh`.
struct Pair {
  const model::ModelTensor* student = nullptr;
  const model::ModelTensor* teacher = nullptr;
  Fresh fresh;
};

// Both models as tensors, and which block is taken from which: the paper's
// component mapping (section 3.1).
struct Sides {
  model::Config teacher;
  model::Config student;
  std::vector<model::ModelTensor> teacher_tensors;
  std::vector<model::ModelTensor> student_tensors;
  std::vector<std::vector<int64_t>> layers;
};

// Pairs every tensor of the student. What the user skipped, and a fresh head,
// are drawn as timm would; what the teacher lacks and the identity replaces (a
// bias, a layer scale) becomes that identity. The pairs point into `sides`.
// Errors: kMismatch naming a tensor that the teacher lacks, or classes that
// differ under --head reuse; kUsage by Skip.
std::vector<Pair> PairTensors(const Sides& sides, const Options& options,
                              std::vector<std::string>& notes);

}  // namespace wsel::select
