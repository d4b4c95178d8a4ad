#include "vit_basis.h"

#include <ATen/ATen.h>

#include <cmath>

#include "finite.h"
#include "stream_basis.h"
#include "stream_moments.h"

namespace wsel::calibrate {

VitBasis::VitBasis(const VitPass& teacher, int64_t width, const Images& images)
    : teacher_(teacher),
      rotates_(!(from().pre_norm && from().embed_dim == width)) {
  if (!rotates_) {
    basis_ = encode_ = at::eye(width, at::kDouble);
    return;
  }
  const at::Tensor moments = StreamMoments(teacher_, images);
  if (!at::isfinite(moments).all().item<bool>()) FindNonFinite(images);
  if (from().norm == model::Norm::kRmsNorm) {
    basis_ = encode_ = UncentredBasis(moments, width);
    return;
  }
  basis_ = StreamBasis(moments, width);
  encode_ = basis_ - basis_.mean(0, /*keepdim=*/true);
  if (!from().final_norm) KeepMean();
}

// Without a final norm the classifier reads the stream's mean, too: it takes
// the constant direction, of which layer norms see nothing.
void VitBasis::KeepMean() {
  const auto sizes = static_cast<double>(encode_.numel());
  encode_ = encode_ + 1 / std::sqrt(sizes);
}

// Throws for the first block with activations that are not finite.
void VitBasis::FindNonFinite(const Images& images) const {
  for (size_t tile = 0; tile < images.num_tiles(); ++tile) {
    at::Tensor x = teacher_.Embed(images.Tile(tile));
    RequireFinite(x, "patch_embed");
    for (int64_t b = 0; b < from().depth; ++b) {
      x = teacher_.Mlp(b, teacher_.Attend(b, x).out).out;
      RequireFinite(x, VitPass::Block(b));
    }
  }
  ThrowNotFinite("blocks");  // a sum of finite ones overflowed
}

// What is written before norm_pre, e, becomes e M diag(g) M P: the direction of
// what the teacher's norm makes of it, M = I - 11'/D.
at::Tensor VitBasis::NormPreMap() const {
  if (!rotates_) return encode_;
  const auto scale = teacher_.weights()["norm_pre.weight"].to(at::kDouble);
  const auto inner = scale.unsqueeze(1) * basis_;
  return from().norm == model::Norm::kRmsNorm
             ? inner
             : inner - inner.mean(0, /*keepdim=*/true);
}

at::Tensor VitBasis::Seen(const at::Tensor& x) const {
  return SeenByNorm(x.to(at::kDouble), from().norm);
}

RotatedReader VitBasis::Reader(const std::string& norm,
                               const StackedLayer& layer) const {
  return rotates_ ? Rotated(teacher_.weights(), norm, layer, basis_)
                  : Own(layer);
}

RotatedReader VitBasis::PlainReader(const StackedLayer& layer) const {
  return Rotated(teacher_.weights(), "", layer, encode_);
}

// A layer of a stream that is not rotated.
RotatedReader VitBasis::Own(const StackedLayer& layer) const {
  const auto weight = WeightOf(layer, teacher_.weights()).to(at::kDouble);
  const at::Tensor bias = BiasOf(layer, teacher_.weights());
  return {weight, bias.defined() ? bias.to(at::kDouble)
                                 : at::zeros({weight.size(0)}, at::kDouble)};
}

}  // namespace wsel::calibrate
