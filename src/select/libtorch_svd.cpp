#include "wsel/select/libtorch_svd.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_pinv.h>
#include <ATen/ops/matmul.h>

#include "embed_resample.h"
#include "wsel/nn/initialize.h"
#include "wsel/tensor/single_thread.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::select {
namespace {

at::Tensor Matrix(std::span<const float> values, int64_t rows,
                  int64_t columns) {
  return at::from_blob(const_cast<float*>(values.data()), {rows, columns},
                       at::kFloat);
}

std::vector<float> ResampleByPinv(std::span<const float> kernels,
                                  int64_t filters,
                                  const PatchEmbedResample& r) {
  const auto resized = ResizedPatchBasis(r);  // [from^2, to^2]
  const at::Tensor matrix =
      Matrix(resized, r.from * r.from, r.to * r.to).t().contiguous();
  const SingleThreadGuard guard;
  return ValuesOf(at::matmul(Matrix(kernels, filters, r.from * r.from),
                             at::linalg_pinv(matrix)));
}

}  // namespace

const SvdParts& LibTorchSvd() {
  static const SvdParts kParts = {
      ResampleByPinv,
      [](const model::Init& init, const TensorSpec& spec, uint64_t seed) {
        return ValuesOf(nn::Draw(init, spec, seed));
      }};
  return kParts;
}

}  // namespace wsel::select
