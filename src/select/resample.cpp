#include "wsel/select/resample.h"

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

at::Tensor ResamplePositions(const at::Tensor& embedding, const Positions& p) {
  const at::Tensor input = embedding.to(at::kFloat);
  std::vector<at::Tensor> parts;
  for (const int64_t at : p.prefix) {
    parts.push_back(at < 0 ? at::zeros({1, 1, input.size(2)})
                           : input.narrow(1, at, 1));
  }
  const at::Tensor grid =
      input.narrow(1, p.teacher_prefix, p.from_grid * p.from_grid);
  parts.push_back(p.from_grid == p.to_grid
                      ? grid
                      : ResizeGrid(grid, p.from_grid, p.to_grid));
  return at::cat(parts, 1);
}

at::Tensor ResizeKernel(const at::Tensor& kernel, const KernelResize& r) {
  const at::Tensor input = kernel.to(at::kFloat).contiguous();
  if (r.method == PatchResize::kBilinear) return Bilinear(input, r.to);
  // Column i is what resizing makes of the patch that is 1 at pixel i alone.
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
