// Torch-free.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "wsel/tensor/spec.h"

namespace wsel::checkpoint {

// How a .npy file begins.
inline constexpr std::string_view kNpyMagic = "\x93NUMPY";

// The array of a .npy file (NEP 1; numpy.lib.format).
struct NpyArray {
  DType dtype = DType::kU8;
  Shape shape;
  bool fortran_order = false;  // the first dimension varies fastest
  std::span<const std::byte> elements;
};

// Reads a .npy file in memory, which the elements refer to. Errors: kFormat at
// `where` for a corrupt or truncated file, one with further bytes, and elements
// of unsupported types.
NpyArray ReadNpy(std::span<const std::byte> npy, const std::string& where);

}  // namespace wsel::checkpoint
