#include "wsel/tensor/floats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace wsel {
namespace {

// A contiguous view of bytes that it owns.
TensorView View(DType dtype, const Shape& shape,
                const std::vector<uint8_t>& bytes) {
  const auto owner = std::make_shared<std::vector<uint8_t>>(bytes);
  return {{"x", shape, dtype},
          ContiguousStrides(shape),
          std::as_bytes(std::span(*owner)),
          owner};
}

std::vector<float> ValuesOf(const TensorView& view) {
  const Floats floats(view);
  return {floats.values().begin(), floats.values().end()};
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Values of torch 2.11: torch.tensor(bytes).view(dtype).float().
TEST(Floats, WidensFloat8) {
  EXPECT_EQ(
      ValuesOf(View(DType::kF8E4M3, {6}, {0x00, 0x01, 0x38, 0x7e, 0xb8, 0x07})),
      (std::vector<float>{0, 0.001953125F, 1, 448, -1, 0.013671875F}));
  EXPECT_TRUE(std::isnan(ValuesOf(View(DType::kF8E4M3, {1}, {0xff}))[0]));
  EXPECT_EQ(
      ValuesOf(View(DType::kF8E5M2, {6}, {0x01, 0x3c, 0x7b, 0x7c, 0xfc, 0xbe})),
      (std::vector<float>{0x1p-16F, 1, 57344, kInfinity, -kInfinity, -1.5F}));
  EXPECT_TRUE(std::isnan(ValuesOf(View(DType::kF8E5M2, {1}, {0x7d}))[0]));
}

TEST(Floats, WidensFloat16AndBfloat16) {
  EXPECT_EQ(ValuesOf(View(DType::kF16, {2}, {0x00, 0x3e, 0x01, 0x00})),
            (std::vector<float>{1.5F, 0x1p-24F}));
  EXPECT_EQ(ValuesOf(View(DType::kBF16, {1}, {0xc0, 0xbf})),
            std::vector<float>{-1.5F});
}

TEST(Floats, SharesAlignedFloat32) {
  const TensorView view = OwningView("x", {2}, {1.5F, -2});
  const Floats floats(view);
  EXPECT_EQ(static_cast<const void*>(floats.values().data()),
            static_cast<const void*>(view.bytes.data()));
}

TEST(Floats, CopiesUnalignedFloat32) {
  const float value = 1.5F;
  std::vector<uint8_t> bytes(5);
  std::memcpy(bytes.data() + 1, &value, 4);
  TensorView view = View(DType::kF32, {1}, bytes);
  view.bytes = view.bytes.subspan(1);
  EXPECT_EQ(ValuesOf(view), std::vector<float>{1.5F});
}

using Rows = std::vector<int64_t>;

TEST(Gather, TakesRowsAndColumnsOfAStridedView) {
  // [3, 2], stored transposed.
  TensorView view = OwningView("x", {2, 3}, {0, 10, 20, 1, 11, 21});
  view.spec.shape = {3, 2};
  view.strides = {1, 3};
  EXPECT_EQ(Gather(view, {Rows{2, 0}, std::nullopt}),
            (std::vector<float>{20, 21, 0, 1}));
  EXPECT_EQ(Gather(view, {std::nullopt, Rows{1}}),
            (std::vector<float>{1, 11, 21}));
}

TEST(Gather, NoPositionsGiveNoElements) {
  const std::vector<int64_t> none;
  EXPECT_TRUE(Gather(OwningView("x", {2}, {1, 2}), {Positions(none)}).empty());
}

TEST(Gather, OfAScalar) {
  EXPECT_EQ(Gather(OwningView("x", {}, {7}), {}), std::vector<float>{7});
}

}  // namespace
}  // namespace wsel
