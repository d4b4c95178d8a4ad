#include "embed_resample.h"

#include "antialiased_resize.h"
#include "pseudo_inverse.h"

namespace wsel::select {
namespace {

// [from, to]: row i is the resized row of pixels that is 1 at pixel i and 0
// elsewhere.
std::vector<double> ResizedBasis(const PatchEmbedResample& r) {
  std::vector<float> basis(static_cast<size_t>(r.from * r.from));
  for (int64_t i = 0; i < r.from; ++i) {
    basis[static_cast<size_t>(i * r.from + i)] = 1;
  }
  const auto resized = ResizeAntialiased(
      basis, r.from, 1, {1, r.from}, {1, r.to},
      r.method == PatchResize::kPinv ? ResizeFilter::kBicubic
                                     : ResizeFilter::kBilinear);
  return {resized.begin(), resized.end()};
}

// [rows, inner] x [inner, columns]
std::vector<double> MatrixProduct(std::span<const double> a,
                                  std::span<const double> b, size_t inner) {
  const size_t rows = a.size() / inner;
  const size_t columns = b.size() / inner;
  std::vector<double> out(rows * columns);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < inner; ++i) {
      const double factor = a[r * inner + i];
      for (size_t c = 0; c < columns; ++c) {
        out[r * columns + c] += factor * b[i * columns + c];
      }
    }
  }
  return out;
}

// Resizing a patch is R K R^T, a Kronecker product of R [to, from] with itself,
// and the pseudo-inverse of that one of R's: K becomes P K P^T, where P [to,
// from] is the pseudo-inverse of R^T.
std::vector<float> ResampleByPinv(std::span<const float> kernels,
                                  int64_t filters,
                                  const PatchEmbedResample& r) {
  const auto from = static_cast<size_t>(r.from);
  const auto to = static_cast<size_t>(r.to);
  const auto basis = ResizedBasis(r);
  const auto left = PseudoInverse(basis, r.from, r.to);
  // P^T [from, to] is that of R [to, from].
  std::vector<double> right(left.size());
  for (size_t i = 0; i < from; ++i) {
    for (size_t j = 0; j < to; ++j) right[i * to + j] = left[j * from + i];
  }
  std::vector<float> out;
  out.reserve(static_cast<size_t>(filters) * to * to);
  for (size_t f = 0; f < static_cast<size_t>(filters); ++f) {
    const auto kernel = kernels.subspan(f * from * from, from * from);
    const std::vector<double> exact(kernel.begin(), kernel.end());
    const auto tall = MatrixProduct(left, exact, from);  // [to, from]
    for (const double value : MatrixProduct(tall, right, from)) {
      out.push_back(static_cast<float>(value));
    }
  }
  return out;
}

}  // namespace

std::vector<float> ResamplePosEmbed(std::span<const float> pos_embed,
                                    int64_t width, const PosEmbedResample& r) {
  const auto rows = [&](int64_t first, int64_t count) {
    return pos_embed.subspan(static_cast<size_t>(first * width),
                             static_cast<size_t>(count * width));
  };
  std::vector<float> out;
  const auto append = [&](std::span<const float> values) {
    out.insert(out.end(), values.begin(), values.end());
  };
  for (const int64_t row : r.prefix) {
    if (row < 0) {
      out.resize(out.size() + static_cast<size_t>(width));  // zeros
    } else {
      append(rows(row, 1));
    }
  }
  const auto grid = rows(r.teacher_prefix, r.from_grid.Area());
  if (r.from_grid == r.to_grid) {
    append(grid);
  } else {
    append(ResizeAntialiased(grid, 1, width, r.from_grid, r.to_grid,
                             ResizeFilter::kBicubic));
  }
  return out;
}

std::vector<float> ResamplePatchEmbed(std::span<const float> kernels,
                                      int64_t filters,
                                      const PatchEmbedResample& r) {
  if (r.method == PatchResize::kBilinear) {
    return ResizeAntialiased(kernels, filters, 1, r.from, r.to,
                             ResizeFilter::kBilinear);
  }
  return ResampleByPinv(kernels, filters, r);
}

}  // namespace wsel::select
