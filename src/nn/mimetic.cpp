#include "mimetic.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "wsel/model/draw.h"
#include "wsel/tensor/single_thread.h"

namespace wsel::nn {
namespace {

// [D, D] each, in double: left * right = A.
struct Factors {
  at::Tensor left;   // U S^1/2
  at::Tensor right;  // S^1/2 V^T
};

Factors Factor(double noise, double identity, int64_t width, uint64_t seed,
               const std::string& address) {
  auto a = at::empty({width, width}, at::kDouble);
  model::FillNormal(
      RandomStream(seed, address),
      noise / std::sqrt(static_cast<double>(width)),
      {a.mutable_data_ptr<double>(), static_cast<size_t>(a.numel())});
  a += identity * at::eye(width, at::kDouble);

  const SingleThreadGuard guard;
  auto [u, s, vt] = at::linalg_svd(a, /*full_matrices=*/false);
  // The signs of singular vectors are up to LAPACK: make them deterministic.
  const auto sign = at::where(u.sum(0) < 0, -1.0, 1.0);  // [D]
  const auto root = s.sqrt() * sign;
  return {u * root, root.unsqueeze(1) * vt};
}

Factors FactorValues(int64_t width, uint64_t seed, std::string_view address) {
  return Factor(0.4, -0.4, width, seed, fmt::format("{}.v", address));
}

}  // namespace

at::Tensor MimeticQkv(int64_t width, int64_t heads, uint64_t seed,
                      std::string_view address) {
  const int64_t head_dim = width / heads;
  auto qkv = at::empty({3, width, width}, at::kFloat);
  for (int64_t h = 0; h < heads; ++h) {
    const Factors qk =
        Factor(0.7, 0.7, width, seed, fmt::format("{}.qk.{}", address, h));
    const auto rows = [&](int64_t part) {
      return qkv[part].narrow(0, h * head_dim, head_dim);  // [head_dim, D]
    };
    // Rows of a stored weight are outputs, that is columns of W in x W.
    rows(0).copy_(qk.left.narrow(1, 0, head_dim).t());
    rows(1).copy_(qk.right.narrow(0, 0, head_dim));
  }
  qkv[2].copy_(FactorValues(width, seed, address).left.t());
  return qkv.view({3 * width, width});
}

at::Tensor MimeticProj(int64_t width, uint64_t seed, std::string_view address) {
  return FactorValues(width, seed, address)
      .right.t()
      .to(at::kFloat)
      .contiguous();
}

}  // namespace wsel::nn
