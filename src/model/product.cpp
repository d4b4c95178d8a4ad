#include "product.h"

#include <ATen/ATen.h>
#include <dlfcn.h>

#include <algorithm>

#include "wsel/model/product_library.h"

namespace wsel::model {
namespace {

// dnnl_sgemm of oneDNN 2 and 3: matrices in row-major order; 0 where all is
// well.
using Sgemm = int (*)(char trans_a, char trans_b, int64_t m, int64_t n,
                      int64_t k, float alpha, const float* a, int64_t lda,
                      const float* b, int64_t ldb, float beta, float* c,
                      int64_t ldc);

// Bound to its own symbols first, since LibTorch exports some of the oneDNN
// that it is built with; the address sanitizer cannot have that. Elsewhere than
// on x86-64 oneDNN's sgemm is a plain loop.
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

// How sgemm is told of a matrix.
struct Operand {
  explicit Operand(const Matrix& m) {
    const bool by_rows = m.column_stride == 1 || m.columns == 1;
    transposed = by_rows ? 'N' : 'T';
    // The stride of a single row says nothing.
    leading = by_rows ? std::max(m.row_stride, m.columns)
                      : std::max(m.column_stride, m.rows);
  }

  char transposed;
  int64_t leading;
};

bool MultiplyByOneDnn(const Matrix& c, const Matrix& a, const Matrix& b,
                      double beta, double alpha) {
  const Sgemm sgemm = FindSgemm();
  if (sgemm == nullptr) return false;
  const Operand left(a);
  const Operand right(b);
  return sgemm(left.transposed, right.transposed, c.rows, c.columns, a.columns,
               static_cast<float>(alpha), a.data, left.leading, b.data,
               right.leading, static_cast<float>(beta), c.data,
               Operand(c).leading) == 0;
}

at::Tensor TensorOf(const Matrix& m) {
  return at::from_blob(m.data, {m.rows, m.columns},
                       {m.row_stride, m.column_stride}, at::kFloat);
}

}  // namespace

void Multiply(const Matrix& c, const Matrix& a, const Matrix& b, double beta,
              double alpha) {
  if (MultiplyByOneDnn(c, a, b, beta, alpha)) return;
  at::Tensor out = TensorOf(c);
  at::addmm_out(out, out, TensorOf(a), TensorOf(b), beta, alpha);
}

at::Tensor Product(const at::Tensor& a, const at::Tensor& b) {
  auto c = at::empty({a.size(0), b.size(1)}, a.options());
  Multiply(c, a, b, 0);
  return c;
}

std::string_view ProductLibrary() {
  return FindSgemm() == nullptr ? "LibTorch" : "oneDNN";
}

void LinearInto(const at::Tensor& out, const at::Tensor& rows,
                const at::Tensor& weight, const at::Tensor& bias) {
  if (bias.defined()) out.copy_(bias.expand_as(out));
  Multiply(out, rows, weight.t(), bias.defined() ? 1 : 0);
}

}  // namespace wsel::model
