#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>

#include "tile_sums.h"

namespace wsel::calibrate {

inline constexpr std::string_view kTeachersActivations =
    "the teacher's activations on the calibration images have";

// Errors: kMismatch at `where`, a block, layer or tensor, if a value is NaN or
// infinite. `what` has it: "the teacher's features have".
void RequireFinite(const at::Tensor& values, std::string_view where,
                   std::string_view what = kTeachersActivations);
void RequireFinite(const Sums& sums, std::string_view where,
                   std::string_view what = kTeachersActivations);

// That error.
[[noreturn]] void ThrowNotFinite(std::string_view where,
                                 std::string_view what = kTeachersActivations);

}  // namespace wsel::calibrate
