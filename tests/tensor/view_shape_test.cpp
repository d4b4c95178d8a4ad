#include "wsel/tensor/view_shape.h"

#include <gmock/gmock.h>

#include <cstring>

#include "wsel/core/error.h"

namespace wsel {
namespace {

using testing::ElementsAre;

// 0, 1, 2, ... of that shape.
TensorView RampOf(const Shape& shape) {
  const auto numbers = std::make_shared<std::vector<int32_t>>();
  for (int32_t i = 0; i < *ElementCount(shape); ++i) numbers->push_back(i);
  TensorView view;
  view.spec = {"t", shape, DType::kI32};
  view.strides = ContiguousStrides(shape);
  view.bytes = std::as_bytes(std::span(*numbers));
  view.owner = numbers;
  return view;
}

std::vector<int32_t> NumbersOf(const TensorView& view) {
  const TensorView line = InOrder(view);
  std::vector<int32_t> numbers(line.bytes.size() / 4);
  if (!numbers.empty()) {
    std::memcpy(numbers.data(), line.bytes.data(), line.bytes.size());
  }
  return numbers;
}

TEST(Narrow, TakesAPartOfADimension) {
  const TensorView view = RampOf({3, 4});
  const TensorView rows = Narrow(view, 0, 1, 2);
  EXPECT_EQ(rows.spec.shape, (Shape{2, 4}));
  EXPECT_EQ(rows.bytes.data(), view.bytes.data() + 16);
  EXPECT_EQ(rows.bytes.size(), 32U);
  EXPECT_THAT(NumbersOf(rows), ElementsAre(4, 5, 6, 7, 8, 9, 10, 11));
  const TensorView columns = Narrow(view, 1, 2, 2);
  EXPECT_EQ(columns.bytes.size(), 40U);  // to the last element addressed
  EXPECT_THAT(NumbersOf(columns), ElementsAre(2, 3, 6, 7, 10, 11));
  EXPECT_THAT(NumbersOf(Narrow(columns, 0, 2, 1)), ElementsAre(10, 11));
}

TEST(Narrow, ToNothing) {
  const TensorView none = Narrow(RampOf({3, 4}), 0, 3, 0);
  EXPECT_EQ(none.spec.shape, (Shape{0, 4}));
  EXPECT_TRUE(none.bytes.empty());
  EXPECT_TRUE(InOrder(none).bytes.empty());
}

TEST(Permute, ReordersDimensionsWithoutACopy) {
  const TensorView view = RampOf({2, 3, 2});
  const TensorView turned = Permute(view, {2, 0, 1});
  EXPECT_EQ(turned.spec.shape, (Shape{2, 2, 3}));
  EXPECT_EQ(turned.strides, (std::vector<int64_t>{1, 6, 2}));
  EXPECT_EQ(turned.bytes.data(), view.bytes.data());
  EXPECT_THAT(NumbersOf(turned),
              ElementsAre(0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11));
}

TEST(InOrder, CopiesOnlyWhatLiesOtherwise) {
  const TensorView view = RampOf({2, 3});
  EXPECT_EQ(InOrder(view).bytes.data(), view.bytes.data());
  // The stride of a dimension of one addresses nothing.
  TensorView one = RampOf({1, 3});
  one.strides = {77, 1};
  EXPECT_EQ(InOrder(one).bytes.data(), one.bytes.data());
  EXPECT_TRUE(InOrder(one).IsContiguous());
  const TensorView turned = InOrder(Permute(view, {1, 0}));
  EXPECT_NE(turned.bytes.data(), view.bytes.data());
  EXPECT_TRUE(turned.IsContiguous());
  EXPECT_THAT(NumbersOf(turned), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(InOrder, CopiesElementsOfEverySize) {
  for (const DType dtype :
       {DType::kU8, DType::kF16, DType::kF32, DType::kF64}) {
    TensorView view = RampOf({8});
    const size_t size = SizeOf(dtype);
    view.spec.dtype = dtype;
    view.spec.shape = {2, 2};
    view.strides = {1, 2};
    view.bytes = view.bytes.first(4 * size);
    const TensorView copy = InOrder(view);
    const std::byte* from = view.bytes.data();
    const std::byte* to = copy.bytes.data();
    for (const auto& [i, k] : {std::pair{0, 0}, {1, 2}, {2, 1}, {3, 3}}) {
      EXPECT_EQ(std::memcmp(to + static_cast<size_t>(i) * size,
                            from + static_cast<size_t>(k) * size, size),
                0)
          << Name(dtype);
    }
  }
}

TEST(InOrder, AScalarIsOneElement) {
  EXPECT_THAT(NumbersOf(Narrow(Reshape(RampOf({1}), {1}), 0, 0, 1)),
              ElementsAre(0));
  EXPECT_THAT(NumbersOf(Reshape(RampOf({1}), {})), ElementsAre(0));
}

// A copy would be larger than the file: what an expanded tensor would do.
TEST(InOrder, RefusesElementsThatOverlap) {
  TensorView view = RampOf({1});
  view.spec.shape = {1 << 20};
  view.strides = {0};
  try {
    InOrder(view);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    EXPECT_STREQ(error.what(),
                 "t: has elements that overlap; copy it in Python "
                 "(tensor.clone()) and save it again");
  }
  EXPECT_THROW(Reshape(view, {1 << 10, 1 << 10}), Error);
  EXPECT_THROW(Concatenate("two", {view, view}), Error);
}

TEST(Reshape, GoesRowByRow) {
  const TensorView view = RampOf({2, 3});
  EXPECT_EQ(Reshape(view, {3, 2}).bytes.data(), view.bytes.data());
  const TensorView turned = Reshape(Permute(view, {1, 0}), {6});
  EXPECT_EQ(turned.spec.shape, Shape{6});
  EXPECT_THAT(NumbersOf(turned), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(Concatenate, JoinsAlongTheFirstDimension) {
  const TensorView view = RampOf({2, 2});
  const TensorView joined =
      Concatenate("qkv", {view, Permute(view, {1, 0}), Narrow(view, 0, 1, 1)});
  EXPECT_EQ(joined.spec.name, "qkv");
  EXPECT_EQ(joined.spec.dtype, DType::kI32);
  EXPECT_EQ(joined.spec.shape, (Shape{5, 2}));
  EXPECT_TRUE(joined.IsContiguous());
  EXPECT_THAT(NumbersOf(joined), ElementsAre(0, 1, 2, 3, 0, 2, 1, 3, 2, 3));
}

TEST(Concatenate, OfNothingIsNothing) {
  const TensorView none = Narrow(RampOf({2, 2}), 0, 0, 0);
  const TensorView joined = Concatenate("n", {none, none});
  EXPECT_EQ(joined.spec.shape, (Shape{0, 2}));
  EXPECT_TRUE(joined.bytes.empty());
}

}  // namespace
}  // namespace wsel
