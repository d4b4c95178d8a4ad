#include "gemm.h"

#include <ATen/ATen.h>

namespace wsel::kernels {
namespace {

at::Tensor TensorOf(const Matrix& m) {
  return at::from_blob(m.data, {m.rows, m.columns},
                       {m.row_stride, m.column_stride}, at::kFloat);
}

}  // namespace

Matrix MatrixOf(const at::Tensor& t) {
  return {t.data_ptr<float>(), t.size(0), t.size(1), t.stride(0), t.stride(1)};
}

void Gemm(const Matrix& c, const Matrix& a, const Matrix& b, double beta,
          double alpha) {
  if (ActiveGemmBackend() == GemmBackend::kOneDnn) {
    OneDnnGemm(c, a, b, static_cast<float>(beta), static_cast<float>(alpha));
    return;
  }
  at::Tensor out = TensorOf(c);
  at::addmm_out(out, out, TensorOf(a), TensorOf(b), beta, alpha);
}

at::Tensor Matmul(const at::Tensor& a, const at::Tensor& b) {
  auto c = at::empty({a.size(0), b.size(1)}, a.options());
  Gemm(c, a, b, 0);
  return c;
}

void LinearInto(const at::Tensor& out, const at::Tensor& rows,
                const at::Tensor& weight, const at::Tensor& bias) {
  if (bias.defined()) out.copy_(bias.expand_as(out));
  Gemm(out, rows, weight.t(), bias.defined() ? 1 : 0);
}

}  // namespace wsel::kernels
