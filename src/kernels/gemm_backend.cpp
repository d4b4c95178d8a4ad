#include "wsel/kernels/gemm_backend.h"

#include <cstdlib>
#include <string_view>

#include "onednn.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::kernels {
namespace {

GemmBackend Choose() {
  const char* variable = std::getenv("WSEL_GEMM");
  const std::string_view wanted = variable == nullptr ? "" : variable;
  if (wanted == "torch") return GemmBackend::kTorch;
  const bool automatic = wanted.empty() || wanted == "auto";
  if (!automatic && wanted != "onednn") {
    throw Error(ErrorKind::kUsage, "WSEL_GEMM",
                Unknown("GEMM backend", wanted, {"auto", "onednn", "torch"}));
  }
  if (OneDnnVersion().has_value()) return GemmBackend::kOneDnn;
  if (automatic) return GemmBackend::kTorch;
  throw Error(ErrorKind::kConfig, "WSEL_GEMM",
              WhyNoOneDnn() + "; unset the variable, or set it to torch");
}

}  // namespace

GemmBackend ActiveGemmBackend() {
  static const GemmBackend backend = Choose();
  return backend;
}

std::string GemmBackendName() {
  if (ActiveGemmBackend() == GemmBackend::kTorch) return "torch";
  return "onednn " + *OneDnnVersion();
}

}  // namespace wsel::kernels
