#include "wsel/tensor/dtype.h"

#include <algorithm>
#include <array>

namespace wsel {
namespace {

struct Row {
  DType dtype;
  size_t size;
  bool floating;
  std::string_view name;
  std::string_view tag;
};

// In enumeration order, so that a row's index is its dtype.
constexpr std::array<Row, 15> kTable = {{
    {DType::kBool, 1, false, "bool", "BOOL"},
    {DType::kU8, 1, false, "uint8", "U8"},
    {DType::kI8, 1, false, "int8", "I8"},
    {DType::kI16, 2, false, "int16", "I16"},
    {DType::kU16, 2, false, "uint16", "U16"},
    {DType::kI32, 4, false, "int32", "I32"},
    {DType::kU32, 4, false, "uint32", "U32"},
    {DType::kI64, 8, false, "int64", "I64"},
    {DType::kU64, 8, false, "uint64", "U64"},
    {DType::kF8E4M3, 1, true, "float8_e4m3fn", "F8_E4M3"},
    {DType::kF8E5M2, 1, true, "float8_e5m2", "F8_E5M2"},
    {DType::kF16, 2, true, "float16", "F16"},
    {DType::kBF16, 2, true, "bfloat16", "BF16"},
    {DType::kF32, 4, true, "float32", "F32"},
    {DType::kF64, 8, true, "float64", "F64"},
}};

const Row& RowOf(DType dtype) { return kTable[static_cast<size_t>(dtype)]; }

std::optional<DType> Find(std::string_view text,
                          std::string_view Row::*column) {
  const auto row = std::ranges::find(kTable, text, column);
  return row == kTable.end() ? std::nullopt : std::optional(row->dtype);
}

}  // namespace

size_t ItemSize(DType dtype) { return RowOf(dtype).size; }
bool IsFloating(DType dtype) { return RowOf(dtype).floating; }
std::string_view Name(DType dtype) { return RowOf(dtype).name; }
std::string_view SafetensorsTag(DType dtype) { return RowOf(dtype).tag; }

std::optional<DType> DTypeByName(std::string_view name) {
  return Find(name, &Row::name);
}

std::optional<DType> DTypeBySafetensorsTag(std::string_view tag) {
  return Find(tag, &Row::tag);
}

}  // namespace wsel
