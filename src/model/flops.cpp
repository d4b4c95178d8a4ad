#include <array>
#include <limits>

#include "wsel/model/layout.h"

namespace wsel::model {
namespace {

// In double, which is exact below 2^53 and does not overflow for the largest
// model that Validate lets pass.
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
  int64_t side = c.img_size / c.patch_size;
  const auto patch = static_cast<double>(c.patch_size);
  const auto area = [&] { return static_cast<double>(side) * side; };
  double flops = MatMul(area(), 3 * patch * patch, c.dims[0]);
  for (size_t s = 0; s < c.dims.size(); ++s) {
    const auto width = static_cast<double>(c.dims[s]);
    if (s > 0 || c.patch_size == 2) {
      side /= 2;
      const auto from = static_cast<double>(c.dims[s > 0 ? s - 1 : 0]);
      flops += MatMul(area(), 4 * from, width);
    }
    const double block = MatMul(area(), 7 * 7, width) +         // depthwise
                         2 * MatMul(area(), width, 4 * width);  // fc1, fc2
    flops += static_cast<double>(c.depths[s]) * block;
  }
  return flops + MatMul(1, c.dims[3], c.num_classes);
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
