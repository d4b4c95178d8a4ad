#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/calibrate/weights.h"
#include "wsel/model/vit_config.h"

namespace wsel::calibrate {

// Sets what attention of block `block` has beside linear layers, if it has any,
// from the teacher's heads `heads`: norms, lambdas, learnt frequencies, of
// which the student's tensor is there.
void TakeHeads(const Weights& teacher, const model::VitConfig& c, int64_t block,
               const std::vector<int64_t>& heads, Weights& student);

// Sets those of them that differential attention has.
void TakeLambdas(const Weights& teacher, const model::VitConfig& c,
                 int64_t block, Weights& student);

// Sets the norm `name` within a branch, if there is one, from the teacher's
// channels `kept`.
void TakeNorm(const Weights& teacher, const std::string& name,
              const at::Tensor& kept, Weights& student);

}  // namespace wsel::calibrate
