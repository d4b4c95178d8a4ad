#include "wsel/tensor/view_shape.h"

#include <gmock/gmock.h>

#include <cstring>

#include "wsel/core/error.h"

namespace wsel {
namespace {

using testing::ElementsAre;

// 0, 1, 2, ... in row-major order.
TensorView RampOf(const Shape& shape) {
  const auto values = std::make_shared<std::vector<int32_t>>();
  for (int32_t i = 0; i < *Numel(shape); ++i) values->push_back(i);
  TensorView view;
  view.spec = {"t", shape, DType::kI32};
  view.strides = ContiguousStrides(shape);
  view.bytes = std::as_bytes(std::span(*values));
  view.owner = values;
  return view;
}

std::vector<int32_t> ValuesOf(const TensorView& view) {
  const TensorView contiguous = Contiguous(view);
  std::vector<int32_t> values(contiguous.bytes.size() / 4);
  if (!values.empty()) {
    std::memcpy(values.data(), contiguous.bytes.data(),
                contiguous.bytes.size());
  }
  return values;
}

TEST(Narrow, TakesAPartOfADimension) {
  const TensorView view = RampOf({3, 4});
  const TensorView rows = Narrow(view, 0, 1, 2);
  EXPECT_EQ(rows.spec.shape, (Shape{2, 4}));
  EXPECT_EQ(rows.bytes.data(), view.bytes.data() + 16);
  EXPECT_EQ(rows.bytes.size(), 32U);
  EXPECT_THAT(ValuesOf(rows), ElementsAre(4, 5, 6, 7, 8, 9, 10, 11));
  const TensorView columns = Narrow(view, 1, 2, 2);
  EXPECT_EQ(columns.bytes.size(), 40U);  // to the last element addressed
  EXPECT_THAT(ValuesOf(columns), ElementsAre(2, 3, 6, 7, 10, 11));
  EXPECT_THAT(ValuesOf(Narrow(columns, 0, 2, 1)), ElementsAre(10, 11));
}

TEST(Narrow, ToZeroElements) {
  const TensorView none = Narrow(RampOf({3, 4}), 0, 3, 0);
  EXPECT_EQ(none.spec.shape, (Shape{0, 4}));
  EXPECT_TRUE(none.bytes.empty());
  EXPECT_TRUE(Contiguous(none).bytes.empty());
}

TEST(Permute, ReordersDimensionsWithoutACopy) {
  const TensorView view = RampOf({2, 3, 2});
  const TensorView permuted = Permute(view, {2, 0, 1});
  EXPECT_EQ(permuted.spec.shape, (Shape{2, 2, 3}));
  EXPECT_EQ(permuted.strides, (std::vector<int64_t>{1, 6, 2}));
  EXPECT_EQ(permuted.bytes.data(), view.bytes.data());
  EXPECT_THAT(ValuesOf(permuted),
              ElementsAre(0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11));
}

TEST(Contiguous, CopiesOnlyIfNeeded) {
  const TensorView view = RampOf({2, 3});
  EXPECT_EQ(Contiguous(view).bytes.data(), view.bytes.data());
  // The stride of a dimension of size 1 does not matter.
  TensorView one = RampOf({1, 3});
  one.strides = {77, 1};
  EXPECT_EQ(Contiguous(one).bytes.data(), one.bytes.data());
  EXPECT_TRUE(Contiguous(one).IsContiguous());
  const TensorView permuted = Contiguous(Permute(view, {1, 0}));
  EXPECT_NE(permuted.bytes.data(), view.bytes.data());
  EXPECT_TRUE(permuted.IsContiguous());
  EXPECT_THAT(ValuesOf(permuted), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(Contiguous, CopiesElementsOfEverySize) {
  for (const DType dtype :
       {DType::kU8, DType::kF16, DType::kF32, DType::kF64}) {
    TensorView view = RampOf({8});
    const size_t size = ItemSize(dtype);
    view.spec.dtype = dtype;
    view.spec.shape = {2, 2};
    view.strides = {1, 2};
    view.bytes = view.bytes.first(4 * size);
    const TensorView copy = Contiguous(view);
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

TEST(Contiguous, AcceptsScalars) {
  EXPECT_THAT(ValuesOf(Narrow(Reshape(RampOf({1}), {1}), 0, 0, 1)),
              ElementsAre(0));
  EXPECT_THAT(ValuesOf(Reshape(RampOf({1}), {})), ElementsAre(0));
}

// A copy of an expanded tensor would be larger than the file.
TEST(Contiguous, RejectsOverlappingElements) {
  TensorView view = RampOf({1});
  view.spec.shape = {1 << 20};
  view.strides = {0};
  try {
    Contiguous(view);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    EXPECT_STREQ(error.what(),
                 "t: has overlapping elements; copy it in Python "
                 "(tensor.clone()) and save it again");
  }
  EXPECT_THROW(Reshape(view, {1 << 10, 1 << 10}), Error);
  EXPECT_THROW(Concatenate("two", {view, view}), Error);
}

TEST(Reshape, IsRowMajor) {
  const TensorView view = RampOf({2, 3});
  EXPECT_EQ(Reshape(view, {3, 2}).bytes.data(), view.bytes.data());
  const TensorView permuted = Reshape(Permute(view, {1, 0}), {6});
  EXPECT_EQ(permuted.spec.shape, Shape{6});
  EXPECT_THAT(ValuesOf(permuted), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(Concatenate, JoinsAlongTheFirstDimension) {
  const TensorView view = RampOf({2, 2});
  const TensorView joined =
      Concatenate("qkv", {view, Permute(view, {1, 0}), Narrow(view, 0, 1, 1)});
  EXPECT_EQ(joined.spec.name, "qkv");
  EXPECT_EQ(joined.spec.dtype, DType::kI32);
  EXPECT_EQ(joined.spec.shape, (Shape{5, 2}));
  EXPECT_TRUE(joined.IsContiguous());
  EXPECT_THAT(ValuesOf(joined), ElementsAre(0, 1, 2, 3, 0, 2, 1, 3, 2, 3));
}

TEST(Concatenate, OfEmptyTensorsIsEmpty) {
  const TensorView none = Narrow(RampOf({2, 2}), 0, 0, 0);
  const TensorView joined = Concatenate("n", {none, none});
  EXPECT_EQ(joined.spec.shape, (Shape{0, 2}));
  EXPECT_TRUE(joined.bytes.empty());
}

}  // namespace
}  // namespace wsel
