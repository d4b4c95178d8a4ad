// Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace wsel::augment {

// Fills `out` with N(0, 1), fast: Philox under `key` at counters 0, 1, ..., and
// Box and Muller's pairs in single precision. Sums, products and square roots
// alone, each rounded: every machine makes the same numbers.
void FillNormal(std::array<uint32_t, 2> key, std::span<float> out);

}  // namespace wsel::augment
