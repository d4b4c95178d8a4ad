#include <cstring>

#include "vectors.h"

namespace wsel::kernels {

template <>
void GeluAndGradient<WSEL_INSTRUCTION_SET>(const float* hidden, int64_t count,
                                           float* activation, float* gradient) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Gelu(*reinterpret_cast<const FloatVec*>(hidden + i),
         *reinterpret_cast<FloatVec*>(activation + i),
         *reinterpret_cast<FloatVec*>(gradient + i));
  }
  const auto rest = static_cast<size_t>(count - i) * sizeof(float);
  FloatVec x = {};
  FloatVec a = {};
  FloatVec g = {};
  std::memcpy(&x, hidden + i, rest);
  std::memcpy(&g, gradient + i, rest);
  Gelu(x, a, g);
  std::memcpy(activation + i, &a, rest);
  std::memcpy(gradient + i, &g, rest);
}

}  // namespace wsel::kernels
