#include "gemm_backend.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

// For the types of its functions only, which versions 2 and 3 share.
#include <oneapi/dnnl/dnnl.h>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::kernels {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WSEL_ADDRESS_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WSEL_ADDRESS_SANITIZER 1
#endif

struct Library {
  decltype(&dnnl_sgemm) sgemm = nullptr;
  std::string version;
  std::string problem;  // why there is no sgemm
};

// `name`'s functions, or why it cannot be used. RTLD_DEEPBIND makes libdnnl
// prefer its own symbols to those of the oneDNN in LibTorch.
[[maybe_unused]] Library OpenLibrary(const char* name, int flags) {
  Library library;
  void* handle = dlopen(name, flags);
  if (handle == nullptr) {
    library.problem = fmt::format("{} is not installed", name);
    return library;
  }
  const auto version =
      reinterpret_cast<decltype(&dnnl_version)>(dlsym(handle, "dnnl_version"));
  const auto sgemm =
      reinterpret_cast<decltype(&dnnl_sgemm)>(dlsym(handle, "dnnl_sgemm"));
  if (version == nullptr || sgemm == nullptr) {
    library.problem = fmt::format("{} has no dnnl_sgemm", name);
    return library;
  }
  const dnnl_version_t& v = *version();
  library.version = fmt::format("{}.{}.{}", v.major, v.minor, v.patch);
  if (v.major != 2 && v.major != 3) {
    library.problem = fmt::format("{} is oneDNN {}, and only 2 and 3 are known",
                                  name, library.version);
    return library;
  }
  library.sgemm = sgemm;
  return library;
}

Library OpenOneDnn() {
#if defined(WSEL_ADDRESS_SANITIZER)
  return {nullptr, "", "the address sanitizer does not allow for libdnnl"};
#elif !defined(__x86_64__)
  return {nullptr, "", "oneDNN's sgemm is fast on x86-64 only"};
#else
  constexpr int kFlags = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
  Library three = OpenLibrary("libdnnl.so.3", kFlags);
  if (three.sgemm != nullptr) return three;
  Library two = OpenLibrary("libdnnl.so.2", kFlags);
  if (two.sgemm == nullptr) two.problem = three.problem + ", " + two.problem;
  return two;
#endif
}

const Library& OneDnn() {
  static const Library library = OpenOneDnn();
  return library;
}

// A matrix as an argument of sgemm.
struct Operand {
  explicit Operand(const Matrix& m) {
    const bool row_major = m.column_stride == 1 || m.columns == 1;
    transposed = row_major ? 'N' : 'T';
    // The stride of a single row may be anything.
    leading_dimension = row_major ? std::max(m.row_stride, m.columns)
                                  : std::max(m.column_stride, m.rows);
  }

  char transposed;
  int64_t leading_dimension;
};

GemmBackend Choose() {
  const char* variable = std::getenv("WSEL_GEMM");
  const std::string_view wanted = variable == nullptr ? "" : variable;
  if (wanted == "torch") return GemmBackend::kTorch;
  const bool automatic = wanted.empty() || wanted == "auto";
  if (!automatic && wanted != "onednn") {
    throw Error(ErrorKind::kUsage, "WSEL_GEMM",
                Unknown("GEMM backend", wanted, {"auto", "onednn", "torch"}));
  }
  if (OneDnn().sgemm != nullptr) return GemmBackend::kOneDnn;
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
  return "onednn " + OneDnn().version;
}

std::string WhyNoOneDnn() { return OneDnn().problem; }

void OneDnnGemm(const Matrix& c, const Matrix& a, const Matrix& b, float beta,
                float alpha) {
  const Operand left(a);
  const Operand right(b);
  const dnnl_status_t status = OneDnn().sgemm(
      left.transposed, right.transposed, c.rows, c.columns, a.columns, alpha,
      a.data, left.leading_dimension, b.data, right.leading_dimension, beta,
      c.data, Operand(c).leading_dimension);
  if (status == dnnl_success) return;
  throw std::runtime_error(fmt::format(
      "oneDNN {} failed to multiply [{}, {}] and [{}, {}]: status {}",
      OneDnn().version, a.rows, a.columns, b.rows, b.columns,
      static_cast<int>(status)));
}

}  // namespace wsel::kernels
