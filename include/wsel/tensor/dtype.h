// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wsel {

// Element types of tensors in checkpoints.
enum class DType : uint8_t {
  kBool,
  kU8,
  kI8,
  kI16,
  kU16,
  kI32,
  kU32,
  kI64,
  kU64,
  kF8E4M3,
  kF8E5M2,
  kF16,
  kBF16,
  kF32,
  kF64,
};

size_t ItemSize(DType dtype);                  // bytes per element
bool IsFloating(DType dtype);                  // float8 to float64
std::string_view Name(DType dtype);            // torch's name: "float32"
std::string_view SafetensorsTag(DType dtype);  // "F32"
std::optional<DType> DTypeByName(std::string_view name);
std::optional<DType> DTypeBySafetensorsTag(std::string_view tag);

}  // namespace wsel
