#include "wsel/tensor/torch_bridge.h"

#include <ATen/ops/from_blob.h>

#include <array>
#include <utility>

#include "wsel/core/error.h"

namespace wsel {
namespace {

constexpr std::array<std::pair<DType, at::ScalarType>, 15> kTypes = {{
    {DType::kBool, at::kBool},
    {DType::kU8, at::kByte},
    {DType::kI8, at::kChar},
    {DType::kI16, at::kShort},
    {DType::kU16, at::kUInt16},
    {DType::kI32, at::kInt},
    {DType::kU32, at::kUInt32},
    {DType::kI64, at::kLong},
    {DType::kU64, at::kUInt64},
    {DType::kF8E4M3, at::kFloat8_e4m3fn},
    {DType::kF8E5M2, at::kFloat8_e5m2},
    {DType::kF16, at::kHalf},
    {DType::kBF16, at::kBFloat16},
    {DType::kF32, at::kFloat},
    {DType::kF64, at::kDouble},
}};

}  // namespace

at::ScalarType ToScalarType(DType dtype) {
  return kTypes[static_cast<size_t>(dtype)].second;
}

DType FromScalarType(at::ScalarType type) {
  for (const auto& [dtype, scalar_type] : kTypes) {
    if (scalar_type == type) return dtype;
  }
  throw Error(ErrorKind::kFormat, c10::toString(type),
              "is not a supported element type");
}

at::Tensor Borrow(const TensorView& view) {
  const auto options = at::TensorOptions().dtype(ToScalarType(view.spec.dtype));
  auto* data = const_cast<std::byte*>(view.bytes.data());
  return at::from_blob(
      data, view.spec.shape, view.strides, [owner = view.owner](void*) {},
      options);
}

std::vector<float> ValuesOf(const at::Tensor& tensor) {
  const at::Tensor values = tensor.contiguous();
  const float* data = values.const_data_ptr<float>();
  return {data, data + values.numel()};
}

std::span<const std::byte> BytesOf(const at::Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.const_data_ptr()),
          tensor.nbytes()};
}

}  // namespace wsel
