// Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace wsel::augment {

// Fills `out` with N(0, 1): Philox with `key` at counters 0, 1, ..., then the
// Box-Muller transform in single precision. Vectorised, and limited to sums,
// products and square roots, each rounded: the values are the same on every
// machine.
void FillNormal(std::array<uint32_t, 2> key, std::span<float> out);

}  // namespace wsel::augment
