#pragma once

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "bf16_gemm.h"
#include "bf16_weights.h"
#include "branch_function.h"
#include "branch_gradient.h"
#include "simd/kernels.h"

namespace wsel::kernels {

// Shared by the hand-written branches in bf16: products of bf16 operands with
// float32 accumulation; statistics, softmax, residual stream and gradients in
// float32. What backward needs is saved in bf16.

// Whether they apply: under autocast to bf16 on the CPU, where x and y are
// float32 or bf16 and the parameters float32.
bool CanUseBf16(const BranchArguments& arguments);

// Excludes autocast: what is computed below has the dtypes that it says.
class WithoutAutocast {
  c10::impl::ExcludeDispatchKeyGuard guard_{c10::autocast_dispatch_keyset};
};

// Values of one thread, not initialised, at an address for vectors.
template <typename T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(int64_t count)
      : memory_(static_cast<T*>(std::aligned_alloc(
            64, (static_cast<size_t>(count) * sizeof(T) + 63) / 64 * 64))) {
    if (memory_ == nullptr) throw std::bad_alloc();
  }
  T* get() const { return memory_.get(); }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T[], Free> memory_;
};

// A saved bf16 tensor.
inline at::Tensor EmptyBf16(at::IntArrayRef shape) {
  return at::empty(shape, at::kBFloat16);
}

// The drop path factors of rows, [B] -> [rows]; undefined stays undefined.
at::Tensor PerRowFactors(const at::Tensor& scale, int64_t rows);

inline const float* FloatsOrNull(const at::Tensor& t) {
  return t.defined() ? t.const_data_ptr<float>() : nullptr;
}

// The gradients of a branch's parameters that one thread sums, without the
// factor gamma and with padded sizes.
struct Bf16Sums {
  Bf16Sums(int64_t width, const PackedLayer& inner, const PackedLayer& outer);
  void Add(const Bf16Sums& other);

  at::Tensor norm_weight, norm_bias;  // [D]
  at::Tensor inner_weight;            // [in, out], transposed
  at::Tensor inner_bias;              // [out]
  at::Tensor outer_weight;            // [out, in]
  at::Tensor outer_bias;              // [out]
};

// The gradients from the threads' sums, added in a fixed order.
ResidualBranch GradientsOf(const ResidualBranch& branch,
                           std::vector<Bf16Sums>& parts);

// A left factor [columns, Padded(rows)] from the rows of a bf16 matrix, by way
// of `pairs`, for the gradient of a weight.
void TransposeRows(const PairedRows& rows, Bf16* transposed);

}  // namespace wsel::kernels
