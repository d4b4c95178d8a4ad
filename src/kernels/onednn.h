// Torch-free.
#pragma once

#include <optional>
#include <string>

#include "matrix.h"

namespace wsel::kernels {

// oneDNN's sgemm, from the libdnnl that is installed (Debian: libdnnl3 or
// libdnnl2). The library is opened at the first call of any of these.

// "2.6.3"; nothing if no libdnnl can be used.
std::optional<std::string> OneDnnVersion();

// Why there is no version, for a message.
std::string WhyNoOneDnn();

// c = beta c + alpha a b, as Gemm() in gemm.h, where there is a version.
// Errors: std::runtime_error if oneDNN reports one.
void OneDnnGemm(const Matrix& c, const Matrix& a, const Matrix& b, float beta,
                float alpha);

}  // namespace wsel::kernels
