// Torch-free.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "wsel/tensor/spec.h"

namespace wsel::checkpoint {

// What a .npy file says of its array (NEP 1; numpy.lib.format).
struct NpyHeader {
  std::string type;  // as NumPy writes it: "<f4", "|b1"
  bool fortran_order = false;
  Shape shape;
  size_t size = 0;  // bytes before the first number
};

// Reads the header, of version 1, 2 or 3, of `npy`. It is a Python literal of
// which only the form that NumPy writes is taken, and no more of it than the
// 10,000 bytes that NumPy itself reads.
// Errors: kFormat at `where`, which is also the answer to arrays of structures.
NpyHeader ReadNpyHeader(std::span<const std::byte> npy,
                        const std::string& where);

// NumPy's little-endian numbers and bools. bfloat16 has no name of NumPy's:
// ml_dtypes, and so JAX, write it as two bytes without meaning ("<V2"). Of
// other types the reason why they are not read.
std::variant<DType, std::string> DTypeOfNumpy(std::string_view type);

}  // namespace wsel::checkpoint
