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

// What each thread needs once, for a pass over so many items (ForRowTiles).
template <typename T, typename... Args>
std::vector<T> PerPart(int64_t items, const Args&... args) {
  std::vector<T> values;
  for (int64_t i = 0; i < NumParts(items); ++i) values.emplace_back(args...);
  return values;
}

// Some rows of a branch's input, and the moments of its norm.
struct NormedTile {
  const float* in;  // [rows, D]
  int64_t rows;
  bool known;  // the moments are not computed
  float* mean;
  float* rstd;
};

// out [rows, padded D]: the branch's norm.
void NormaliseTile(const ResidualBranch& branch, const NormedTile& tile,
                   Bf16* out);

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

// Some rows of the gradient of a branch's output.
struct OutputGradient {
  const float* rows;   // [count, columns]
  const float* scale;  // drop path factors [count], or null
  int64_t count, columns;
};

// Its left factors in backward's products: rounded rows, and, by way of
// `pairs`, transposed ones. Adds its sums over rows to `sums.outer_bias`.
void RoundGradient(const OutputGradient& from, Bf16* rows, Bf16* pairs,
                   Bf16* transposed, Bf16Sums& sums);

// The gradients from the threads' sums, added in a fixed order.
ResidualBranch GradientsOf(const ResidualBranch& branch,
                           std::vector<Bf16Sums>& parts);

// A left factor [columns, Padded(rows)] from the rows of a bf16 matrix, by way
// of `pairs`, for the gradient of a weight.
void TransposeRows(const PairedRows& rows, Bf16* transposed);

}  // namespace wsel::kernels
