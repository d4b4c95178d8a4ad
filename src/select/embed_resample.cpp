#include "embed_resample.h"

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_pinv.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

namespace wsel::select {
namespace {

// [N, C, H, W] -> [N, C, side, side], antialiased, corners not aligned.
at::Tensor Bicubic(const at::Tensor& images, int64_t side) {
  return at::_upsample_bicubic2d_aa(images, {side, side},
                                    /*align_corners=*/false);
}

at::Tensor Bilinear(const at::Tensor& images, int64_t side) {
  return at::_upsample_bilinear2d_aa(images, {side, side},
                                     /*align_corners=*/false);
}

at::Tensor ResizeGrid(const at::Tensor& grid, int64_t from, int64_t to) {
  const int64_t width = grid.size(2);
  const at::Tensor image =
      grid.reshape({1, from, from, width}).permute({0, 3, 1, 2});
  return Bicubic(image, to)   // [1, D, to, to]
      .permute({0, 2, 3, 1})  // [1, to, to, D]
      .reshape({1, to * to, width});
}

}  // namespace

at::Tensor ResamplePosEmbed(const at::Tensor& pos_embed,
                            const PosEmbedResample& r) {
  const at::Tensor input = pos_embed.to(at::kFloat);
  std::vector<at::Tensor> parts;
  for (const int64_t row : r.prefix) {
    parts.push_back(row < 0 ? at::zeros({1, 1, input.size(2)})
                            : input.narrow(1, row, 1));
  }
  const at::Tensor grid =
      input.narrow(1, r.teacher_prefix, r.from_grid * r.from_grid);
  parts.push_back(r.from_grid == r.to_grid
                      ? grid
                      : ResizeGrid(grid, r.from_grid, r.to_grid));
  return at::cat(parts, 1);
}

at::Tensor ResamplePatchEmbed(const at::Tensor& kernel,
                              const PatchEmbedResample& r) {
  const at::Tensor input = kernel.to(at::kFloat).contiguous();
  if (r.method == PatchResize::kBilinear) return Bilinear(input, r.to);
  // Column i is the resized patch that is 1 at pixel i and 0 elsewhere.
  const int64_t pixels = r.from * r.from;
  const at::Tensor basis = at::eye(pixels).reshape({pixels, 1, r.from, r.from});
  const at::Tensor resized = r.method == PatchResize::kPinv
                                 ? Bicubic(basis, r.to)
                                 : Bilinear(basis, r.to);
  const at::Tensor matrix =  // [to^2, from^2]
      resized.squeeze(1).permute({1, 2, 0}).reshape({r.to * r.to, pixels});
  return at::matmul(input.reshape({input.size(0), input.size(1), pixels}),
                    at::linalg_pinv(matrix))
      .reshape({input.size(0), input.size(1), r.to, r.to});
}

}  // namespace wsel::select
