#include "quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "own_tensor.h"
#include "wsel/core/error.h"

namespace wsel::onnx {
namespace {

constexpr float kLargestWeight = 63;
constexpr float kLargestActivation = 255;

// Of each column of [in, out].
std::vector<float> LargestOfColumns(const std::vector<float>& values,
                                    size_t out, const std::string& name) {
  std::vector<float> largest(out);
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      throw Error(ErrorKind::kMismatch, name,
                  "contains NaN or infinite values, which int8 cannot "
                  "represent; train the model again or export float32");
    }
    largest[i % out] = std::max(largest[i % out], std::abs(values[i]));
  }
  return largest;
}

}  // namespace

QuantizedMatrix QuantizeColumns(const TensorView& matrix) {
  const TensorSpec& spec = matrix.spec;
  const auto out = static_cast<size_t>(spec.shape[1]);
  const std::vector<float> values = ElementsOf<float>(matrix);
  std::vector<float> scales = LargestOfColumns(values, out, spec.name);
  for (float& scale : scales) {
    // A column of zeros has any scale; a denormal one would lose precision.
    scale = std::max(scale / kLargestWeight, std::numeric_limits<float>::min());
  }
  std::vector<int8_t> integers(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const float rounded = std::nearbyint(values[i] / scales[i % out]);
    integers[i] = static_cast<int8_t>(
        std::clamp(rounded, -kLargestWeight, kLargestWeight));
  }
  const Shape columns = {spec.shape[1]};
  return {
      OwnTensor(spec.name, spec.shape, DType::kI8, std::move(integers)),
      OwnTensor(spec.name + ".scale", columns, DType::kF32, std::move(scales)),
      OwnTensor(spec.name + ".zero", columns, DType::kI8,
                std::vector<int8_t>(out))};
}

ActivationScale ScaleOf(const Range& range) {
  const float low = std::min(range.low, 0.F);
  const float high = std::max(range.high, 0.F);
  // Halves, so that the difference of extreme values does not overflow.
  const float scale = std::max(
      2 * (high / 2 / kLargestActivation - low / 2 / kLargestActivation),
      std::numeric_limits<float>::min());
  const float zero =
      std::clamp(std::nearbyint(-low / scale), 0.F, kLargestActivation);
  return {scale, static_cast<uint8_t>(zero)};
}

double RoundingNoise(const Range& range) {
  const auto step = static_cast<double>(ScaleOf(range).scale);
  return range.mean_square > 0 ? step * step / 12 / range.mean_square : 0;
}

}  // namespace wsel::onnx
