// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wsel/core/philox.h"
#include "wsel/model/init.h"
#include "wsel/tensor/spec.h"

namespace wsel::model {

// Whether drawing takes singular values, which nn::Draw has of LibTorch: the
// mimetic kinds.
bool NeedsSvd(const Init& init);

// The float32 elements of a tensor of spec.shape, in row-major order, for any
// Init that does not need singular values. They depend only on (seed, spec,
// init), not on other tensors, the order or the number of threads: element i
// comes from sample i of RandomStream(seed, spec.name).
std::vector<float> Draw(const Init& init, const TensorSpec& spec,
                        uint64_t seed);

// Element i is `std` times the normal quantile of sample i of the stream.
void FillNormal(const RandomStream& stream, double std,
                std::span<double> values);

}  // namespace wsel::model
