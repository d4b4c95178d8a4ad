#include "wsel/model/rotary.h"

#include <cmath>
#include <cstddef>
#include <numbers>

namespace wsel::model {
namespace {

// That of row or column `i` on a side of `patches`.
double RotaryCoordinate(const VitConfig& c, int64_t patches, int64_t i) {
  const auto side = static_cast<double>(patches);
  const auto position = static_cast<double>(i);
  if (c.rope == Rope::kDinov3) {
    return 2 * ((position + 0.5 + c.rope_grid_offset) / side) - 1;
  }
  if (c.rope != Rope::kAxial) return position;
  const double moved = position + c.rope_grid_offset;
  return c.rope_ref_grid > 0
             ? moved / side * static_cast<double>(c.rope_ref_grid)
             : moved;
}

// Of one axis, [head_dim / 4].
std::vector<double> RotaryFrequencies(const VitConfig& c) {
  const int64_t bands = c.HeadDim() / 4;
  const double turn = c.rope == Rope::kDinov3 ? 2 * std::numbers::pi : 1;
  std::vector<double> frequencies;
  for (int64_t i = 0; i < bands; ++i) {
    const double power = static_cast<double>(i) / static_cast<double>(bands);
    frequencies.push_back(turn * std::pow(c.rope_temperature, -power));
  }
  return frequencies;
}

}  // namespace

std::vector<double> RotaryCoordinates(const VitConfig& c) {
  const HeightWidth grid = c.GridSize();
  std::vector<double> coordinates;
  for (int64_t row = 0; row < grid.height; ++row) {
    for (int64_t column = 0; column < grid.width; ++column) {
      const double y = RotaryCoordinate(c, grid.height, row);
      const double x = RotaryCoordinate(c, grid.width, column);
      coordinates.push_back(c.rope_xy ? x : y);
      coordinates.push_back(c.rope_xy ? y : x);
    }
  }
  return coordinates;
}

std::vector<double> RotaryAngles(const VitConfig& c) {
  const std::vector<double> frequencies = RotaryFrequencies(c);
  std::vector<double> angles;
  // In the order of the angles: each coordinate has all frequencies.
  for (const double coordinate : RotaryCoordinates(c)) {
    for (const double frequency : frequencies) {
      angles.push_back(coordinate * frequency);
    }
  }
  return angles;
}

}  // namespace wsel::model
