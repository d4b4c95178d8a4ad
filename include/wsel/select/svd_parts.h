// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "wsel/select/plan.h"

namespace wsel::select {

// What applying some plans takes of singular values. They are LAPACK's, as in
// torch: another implementation would give other last bits. The program without
// LibTorch has none of it.
struct SvdParts {
  // As model::Draw, for the mimetic kinds.
  std::function<std::vector<float>(const model::Init& init,
                                   const TensorSpec& spec, uint64_t seed)>
      draw;
};

// Whether applying the plan needs SvdParts: it draws mimetic weights.
bool NeedsSvd(const Plan& plan);

}  // namespace wsel::select
