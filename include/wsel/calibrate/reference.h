#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/calibrate/weights.h"
#include "wsel/model/config.h"
#include "wsel/select/apply.h"
#include "wsel/select/plan.h"
#include "wsel/tensor/source.h"

namespace wsel::calibrate {

// A model that a student is compared with, layer by layer.
struct Reference {
  model::Config config;
  Weights weights;
  std::string teacher_digest;  // as select::Student
  // Whether its classifiers are the teacher's. With the tokens of a distilled
  // student it has one more than a teacher that is not: then they are drawn.
  bool classifies = true;
};

// The teacher with the student's tokens: its image and patch size, prefix
// tokens and pooling, resampled as selection does it. Its widths, depth and
// classes are its own. Of `options` it has how patches are resampled, and the
// seed of tokens that the teacher lacks. `teacher` and `student` must be kin
// (model::AreKin).
// Errors: as select::PlanSelection and Apply; kMismatch if the student's
// patches are not as far apart as those of an overlapping stem.
Reference ReferenceOf(const model::Config& teacher, const TensorSource& tensors,
                      const model::Config& student,
                      const select::Options& options = {});

// Its blocks `layers` (select::Plan::layers) only, numbered from 0; each
// computes what it does in the whole.
Reference WithBlocks(const Reference& whole,
                     const std::vector<std::vector<int64_t>>& layers);

// select::Apply, with LibTorch's singular values on one thread: their last bits
// depend on the number of threads. Errors: as select::Apply.
select::Student ApplyOnOneThread(const select::Plan& plan,
                                 const TensorSource& tensors);

// A student's tensors by name.
Weights WeightsOf(const select::Plan& plan, const select::Student& student);

}  // namespace wsel::calibrate
