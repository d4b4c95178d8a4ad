#pragma once

#include <cstdint>
#include <vector>

#include "wsel/calibrate/images.h"
#include "wsel/calibrate/reference.h"
#include "wsel/select/plan.h"

namespace wsel::calibrate {

// Scores for select::PlanSelection, computed when they are first asked for;
// `teacher` and `images` must outlive the result. In float64, and the same for
// any number of threads. docs/methods.md has the mathematics.

// By the teacher's activations (Samragh et al. 2023, "Weight subcloning"). A
// tensor has the scores of the channels that it reads; all others have zeros.
// In a block all scores of a dimension add up to 1, so that blocks count alike.
// Errors, when they are computed: kMismatch, naming the block, for activations
// that are NaN or infinite.
select::ImportanceScores ActivationScores(const Reference& teacher,
                                          const Images& images);

// By the teacher's loss: |weight * gradient|, summed over slices (Molchanov et
// al. 2019; Torch-Pruning's Taylor importance). `outputs` has for each class of
// the images the teacher's output. Errors: kMismatch for a gradient that is NaN
// or infinite, naming the tensor.
select::ImportanceScores GradientScores(const Reference& teacher,
                                        const Images& images,
                                        const std::vector<int64_t>& outputs);

}  // namespace wsel::calibrate
