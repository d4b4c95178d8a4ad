// Torch-free.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "wsel/tensor/spec.h"

namespace wsel::checkpoint {

// The header of a .npy file (NEP 1; numpy.lib.format).
struct NpyHeader {
  std::string type;  // 'descr': "<f4", "|b1"
  bool fortran_order = false;
  Shape shape;
  size_t size = 0;  // bytes before the first element
};

// Reads the header of `npy`, of version 1, 2 or 3. It is a Python literal; only
// the form that NumPy writes is accepted, of at most 10,000 bytes, NumPy's own
// limit. Errors: kFormat at `where`; also for structured arrays.
NpyHeader ReadNpyHeader(std::span<const std::byte> npy,
                        const std::string& where);

// Checks that `data` has the bytes that the spec's shape takes. Errors: kFormat
// at `where`.
void CheckNpySize(const TensorSpec& spec, std::span<const std::byte> data,
                  const std::string& where);

// The DType of a NumPy type string, or why it is not supported. Bools and
// little-endian numbers are. NumPy has no bfloat16: ml_dtypes, and so JAX,
// write it as two bytes of void ("<V2").
std::variant<DType, std::string> DTypeOfNumpy(std::string_view type);

}  // namespace wsel::checkpoint
