#include "wsel/nn/rotary.h"

#include <ATen/ATen.h>

#include <vector>

#include "wsel/model/rotary.h"

namespace wsel::nn {
namespace {

// [patches, columns]
at::Tensor ByPatch(const model::VitConfig& c,
                   const std::vector<double>& values) {
  return at::tensor(values, at::kDouble).view({c.NumPatches(), -1});
}

// [..., pairs] -> [..., channels]: each value once for both of its pair.
at::Tensor ForPairs(const at::Tensor& x, bool halves) {
  return halves ? at::cat({x, x}, -1) : x.repeat_interleave(2, -1);
}

// Each channel's partner, with the sign of a quarter turn.
at::Tensor QuarterTurn(const at::Tensor& x, bool halves) {
  if (halves) {
    const auto parts = x.chunk(2, -1);
    return at::cat({-parts[1], parts[0]}, -1);
  }
  const auto pairs = x.unflatten(-1, {-1, 2}).unbind(-1);
  return at::stack({-pairs[1], pairs[0]}, -1).flatten(-2);
}

}  // namespace

at::Tensor Rotate(const at::Tensor& x, const Rotation& rotation,
                  int64_t prefix) {
  const auto patches = x.slice(2, prefix);
  auto rotated = (patches * rotation.cos +
                  QuarterTurn(patches, rotation.halves) * rotation.sin)
                     .to(x.scalar_type());
  if (prefix == 0) return rotated;
  return at::cat({x.slice(2, 0, prefix), rotated}, 2);
}

RotaryImpl::RotaryImpl(const model::VitConfig& c)
    : mixed_(c.rope == model::Rope::kMixed), halves_(c.rope_rotate_half) {
  if (mixed_) {
    freqs = register_parameter(
        "freqs", at::empty({2, c.depth, c.num_heads, c.HeadDim() / 2}));
  }
  const auto positions =
      ByPatch(c, mixed_ ? model::RotaryCoordinates(c) : model::RotaryAngles(c));
  positions_ = register_buffer("positions", positions.to(at::kFloat));
}

RotaryImpl::Rotations RotaryImpl::Of(const at::Tensor& frequencies) const {
  at::Tensor angles = positions_;
  if (mixed_) {
    const auto f = frequencies.unsqueeze(3);  // [2, blocks, heads, 1, pairs]
    angles = positions_.select(1, 0).unsqueeze(1) * f[0] +
             positions_.select(1, 1).unsqueeze(1) * f[1];
  }
  return {{ForPairs(angles.sin(), halves_), ForPairs(angles.cos(), halves_),
           halves_},
          mixed_};
}

Rotation RotaryImpl::Rotations::Of(int64_t block) const {
  if (!per_block) return all;
  return {all.sin[block], all.cos[block], all.halves};
}

}  // namespace wsel::nn
