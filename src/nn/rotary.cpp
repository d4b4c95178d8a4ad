#include "wsel/nn/rotary.h"

#include <ATen/ATen.h>

#include <cmath>

namespace wsel::nn {
namespace {

// Coordinates along a side of so many patches.
at::Tensor Along(const model::VitConfig& c, int64_t patches) {
  const auto side = static_cast<double>(patches);
  auto along = at::arange(patches, at::kDouble);
  if (c.rope == model::Rope::kDinov3) {
    along = 2 * ((along + 0.5 + c.rope_grid_offset) / side) - 1;
  } else if (c.rope == model::Rope::kAxial) {
    along = along + c.rope_grid_offset;
    if (c.rope_ref_grid > 0) {
      along = along / side * static_cast<double>(c.rope_ref_grid);
    }
  }
  return along;
}

// Coordinates of the patches [patches, 2], row by row: of the row and then the
// column, or the reverse. In double: an angle's error grows with it.
at::Tensor Coordinates(const model::VitConfig& c) {
  const HeightWidth grid = c.GridSize();
  const auto rows = Along(c, grid.height).repeat_interleave(grid.width);
  const auto columns = Along(c, grid.width).repeat({grid.height});
  return c.rope_xy ? at::stack({columns, rows}, 1)
                   : at::stack({rows, columns}, 1);
}

// The frequencies of one axis, [head_dim / 4].
at::Tensor Frequencies(const model::VitConfig& c) {
  const int64_t bands = c.HeadDim() / 4;
  const auto powers =
      at::arange(bands, at::kDouble) / static_cast<double>(bands);
  const auto frequencies = at::pow(c.rope_temperature, -powers);
  return c.rope == model::Rope::kDinov3 ? 2 * M_PI * frequencies : frequencies;
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
  const auto rotated = (patches * rotation.cos +
                        QuarterTurn(patches, rotation.halves) * rotation.sin)
                           .to(x.scalar_type());
  if (prefix == 0) return rotated;
  return at::cat({x.slice(2, 0, prefix), rotated}, 2);
}

RotaryImpl::RotaryImpl(const model::VitConfig& c)
    : mixed_(c.rope == model::Rope::kMixed), halves_(c.rope_rotate_half) {
  auto positions = Coordinates(c);
  if (mixed_) {
    freqs = register_parameter(
        "freqs", at::empty({2, c.depth, c.num_heads, c.HeadDim() / 2}));
  } else {
    positions = (positions.unsqueeze(2) * Frequencies(c)).flatten(1);
  }
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
