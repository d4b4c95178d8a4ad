#include "embed_resample.h"

#include <stdexcept>

#include "antialiased_resize.h"

namespace wsel::select {

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

bool IsByPinv(const PatchEmbedResample& resample) {
  return resample.method != PatchResize::kBilinear;
}

std::vector<float> ResizedPatchBasis(const PatchEmbedResample& r) {
  const int64_t pixels = r.from * r.from;
  std::vector<float> basis(static_cast<size_t>(pixels * pixels));
  for (int64_t i = 0; i < pixels; ++i) {
    basis[static_cast<size_t>(i * pixels + i)] = 1;
  }
  return ResizeAntialiased(basis, pixels, 1, r.from, r.to,
                           r.method == PatchResize::kPinv
                               ? ResizeFilter::kBicubic
                               : ResizeFilter::kBilinear);
}

std::vector<float> ResamplePatchEmbed(std::span<const float> kernels,
                                      int64_t filters,
                                      const PatchEmbedResample& r,
                                      const SvdParts* svd) {
  if (!IsByPinv(r)) {
    return ResizeAntialiased(kernels, filters, 1, r.from, r.to,
                             ResizeFilter::kBilinear);
  }
  if (svd == nullptr) throw std::logic_error("a pseudo-inverse without SVD");
  return svd->resample_patch_embed(kernels, filters, r);
}

}  // namespace wsel::select
