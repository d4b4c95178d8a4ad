#include "wsel/tensor/torch_bridge.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <vector>

#include "throws.h"

namespace wsel {
namespace {

std::span<const std::byte> AsBytes(const std::vector<float>& values) {
  return std::as_bytes(std::span(values));
}

TEST(TorchBridge, DTypesAgreeWithTorch) {
  for (int i = 0; i <= static_cast<int>(DType::kF64); ++i) {
    const auto dtype = static_cast<DType>(i);
    const at::ScalarType type = ToScalarType(dtype);
    EXPECT_EQ(FromScalarType(type), dtype);
    EXPECT_EQ(c10::elementSize(type), ItemSize(dtype)) << Name(dtype);
    EXPECT_EQ(c10::isFloatingType(type), IsFloating(dtype)) << Name(dtype);
  }
}

TEST(TorchBridge, RejectsUnsupportedTypes) {
  ExpectError([] { FromScalarType(at::kComplexFloat); }, ErrorKind::kFormat,
              {"ComplexFloat"});
}

TEST(TorchBridge, BorrowSharesStridedMemory) {
  std::vector<float> values(6);
  std::iota(values.begin(), values.end(), 0.0F);
  const TensorView transposed{{"w", {3, 2}}, {1, 3}, AsBytes(values), nullptr};
  const at::Tensor tensor = Borrow(transposed);
  EXPECT_EQ(tensor.const_data_ptr(), values.data());
  EXPECT_TRUE(at::equal(tensor, at::arange(6, at::kFloat).reshape({2, 3}).t()));
}

TEST(TorchBridge, BorrowsScalarsAndEmptyTensors) {
  const std::vector<float> values = {7};
  EXPECT_EQ(Borrow({{"s", {}}, {}, AsBytes(values), nullptr}).item<float>(), 7);
  EXPECT_EQ(Borrow({{"e", {0, 4}}, {4, 1}, {}, nullptr}).numel(), 0);
}

TEST(TorchBridge, BorrowKeepsTheOwnerAlive) {
  auto values = std::make_shared<const std::vector<float>>(4, 2.5F);
  const std::weak_ptr<const std::vector<float>> watch = values;
  at::Tensor tensor = Borrow({{"w", {4}}, {1}, AsBytes(*values), values});
  values.reset();
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(tensor.sum().item<float>(), 10);
  tensor.reset();
  EXPECT_TRUE(watch.expired());
}

TEST(TorchBridge, BytesOfIsTheElements) {
  const at::Tensor tensor = at::full({2, 3}, 1, at::kShort);
  const auto bytes = BytesOf(tensor);
  ASSERT_EQ(bytes.size(), 12U);
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ(bytes[i], std::byte{i % 2 == 0}) << i;
  }
}

}  // namespace
}  // namespace wsel
