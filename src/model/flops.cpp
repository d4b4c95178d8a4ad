#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "wsel/model/parameter_specs.h"

namespace wsel::model {
namespace {

// In double: exact below 2^53, and no overflow for the largest valid model.
double MatMul(double rows, double inner, double columns) {
  return 2 * rows * inner * columns;
}

double Count(const VitConfig& c) {
  const auto width = static_cast<double>(c.embed_dim);
  const auto grid = static_cast<double>(c.GridSize());
  const auto patch = static_cast<double>(c.patch_size);
  const double tokens = grid * grid + static_cast<double>(c.PrefixTokens());
  const auto hidden = static_cast<double>(c.MlpHidden());

  const double block = MatMul(tokens, width, 3 * width) +   // qkv
                       2 * MatMul(tokens, width, tokens) +  // q k^T, a v
                       MatMul(tokens, width, width) +       // proj
                       2 * MatMul(tokens, width, hidden);   // fc1, fc2
  const double heads = c.dist_token ? 2 : 1;
  return MatMul(grid * grid, 3 * patch * patch, width) +
         static_cast<double>(c.depth) * block +
         heads * MatMul(1, width, static_cast<double>(c.num_classes));
}

double Count(const ConvNextConfig& c) {
  std::array<double, 4> widths{};
  std::copy(c.dims.begin(), c.dims.end(), widths.begin());
  const auto patch = static_cast<double>(c.patch_size);
  double side = std::floor(static_cast<double>(c.img_size) / patch);
  double flops = MatMul(side * side, 3 * patch * patch, widths[0]);
  for (size_t s = 0; s < widths.size(); ++s) {
    const double width = widths[s];
    if (s > 0 || c.patch_size == 2) {
      side = std::floor(side / 2);
      flops += MatMul(side * side, 4 * widths[s > 0 ? s - 1 : 0], width);
    }
    const double block = MatMul(side * side, 7 * 7, width) +         // conv_dw
                         2 * MatMul(side * side, width, 4 * width);  // MLP
    flops += static_cast<double>(c.depths[s]) * block;
  }
  return flops + MatMul(1, widths[3], static_cast<double>(c.num_classes));
}

}  // namespace

int64_t Flops(const Config& config) {
  const double flops =
      std::visit([](const auto& c) { return Count(c); }, config);
  constexpr double kTooLarge = 9223372036854775808.0;  // 2^63
  return flops < kTooLarge ? static_cast<int64_t>(flops)
                           : std::numeric_limits<int64_t>::max();
}

}  // namespace wsel::model
