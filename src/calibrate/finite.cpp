#include "finite.h"

#include <ATen/ATen.h>

#include "wsel/core/error.h"

namespace wsel::calibrate {

void ThrowNotFinite(std::string_view where, std::string_view what) {
  throw Error(ErrorKind::kMismatch, where,
              "{} NaN or infinite values; the teacher's weights are corrupt, "
              "or these are not its images",
              what);
}

void RequireFinite(const at::Tensor& values, std::string_view where,
                   std::string_view what) {
  if (!at::isfinite(values).all().item<bool>()) ThrowNotFinite(where, what);
}

void RequireFinite(const Sums& sums, std::string_view where,
                   std::string_view what) {
  for (const at::Tensor& sum : sums) RequireFinite(sum, where, what);
}

}  // namespace wsel::calibrate
