#include "stream_moments.h"

#include <ATen/ATen.h>

#include "stream_basis.h"
#include "tile_sums.h"

namespace wsel::calibrate {
namespace {

// Adds those of the rows of one norm's inputs.
void AddDirections(const at::Tensor& x, model::Norm norm, at::Tensor& moments) {
  const auto y = SeenByNorm(x.flatten(0, -2).to(at::kDouble), norm);
  const auto norms = y.norm(2, -1, /*keepdim=*/true).clamp_min(1e-150);
  const auto directions = y / norms;
  const auto sum = at::matmul(directions.t(), directions);
  moments = moments.defined() ? moments + sum : sum;
}

}  // namespace

at::Tensor StreamMoments(const VitPass& teacher, const Images& images) {
  const model::Norm norm = teacher.config().norm;
  const Sums sums = SumOverTiles(images.num_tiles(), [&](size_t tile) {
    at::Tensor x = teacher.Embed(images.Tile(tile));
    at::Tensor moments;
    for (int64_t b = 0; b < teacher.config().depth; ++b) {
      AddDirections(x, norm, moments);
      x = teacher.Attend(b, x).out;
      AddDirections(x, norm, moments);
      x = teacher.Mlp(b, x).out;
    }
    AddDirections(x, norm, moments);
    return Sums{moments};
  });
  return sums[0];
}

}  // namespace wsel::calibrate
