#include "gemm.h"

#include <ATen/ATen.h>
#include <dlfcn.h>

#include <algorithm>

#include "wsel/model/gemm_backend.h"

namespace wsel::model {
namespace {

// dnnl_sgemm of oneDNN 2 and 3, for row-major matrices; returns 0 on success.
using Sgemm = int (*)(char trans_a, char trans_b, int64_t m, int64_t n,
                      int64_t k, float alpha, const float* a, int64_t lda,
                      const float* b, int64_t ldb, float beta, float* c,
                      int64_t ldc);

// RTLD_DEEPBIND makes libdnnl prefer its own symbols to those of the oneDNN in
// LibTorch; the address sanitizer does not support it. On processors other than
// x86-64 oneDNN's sgemm is a simple loop, and not used.
Sgemm OpenSgemm() {
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
  for (const char* name : {"libdnnl.so.3", "libdnnl.so.2"}) {
    void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (library == nullptr) continue;
    return reinterpret_cast<Sgemm>(dlsym(library, "dnnl_sgemm"));
  }
#endif
  return nullptr;
}

Sgemm FindSgemm() {
  static const Sgemm sgemm = OpenSgemm();
  return sgemm;
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

bool OneDnnGemm(const Matrix& c, const Matrix& a, const Matrix& b, double beta,
                double alpha) {
  const Sgemm sgemm = FindSgemm();
  if (sgemm == nullptr) return false;
  const Operand left(a);
  const Operand right(b);
  return sgemm(left.transposed, right.transposed, c.rows, c.columns, a.columns,
               static_cast<float>(alpha), a.data, left.leading_dimension,
               b.data, right.leading_dimension, static_cast<float>(beta),
               c.data, Operand(c).leading_dimension) == 0;
}

at::Tensor TensorOf(const Matrix& m) {
  return at::from_blob(m.data, {m.rows, m.columns},
                       {m.row_stride, m.column_stride}, at::kFloat);
}

}  // namespace

void Gemm(const Matrix& c, const Matrix& a, const Matrix& b, double beta,
          double alpha) {
  if (OneDnnGemm(c, a, b, beta, alpha)) return;
  at::Tensor out = TensorOf(c);
  at::addmm_out(out, out, TensorOf(a), TensorOf(b), beta, alpha);
}

at::Tensor Matmul(const at::Tensor& a, const at::Tensor& b) {
  auto c = at::empty({a.size(0), b.size(1)}, a.options());
  Gemm(c, a, b, 0);
  return c;
}

std::string_view GemmBackend() {
  return FindSgemm() == nullptr ? "LibTorch" : "oneDNN";
}

void LinearInto(const at::Tensor& out, const at::Tensor& rows,
                const at::Tensor& weight, const at::Tensor& bias) {
  if (bias.defined()) out.copy_(bias.expand_as(out));
  Gemm(out, rows, weight.t(), bias.defined() ? 1 : 0);
}

}  // namespace wsel::model
