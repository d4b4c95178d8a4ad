#include "wsel/tensor/dtype.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace wsel {
namespace {

TEST(DType, NamesAndTagsRoundTrip) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(DType::kF64); ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(DTypeByName(Name(dtype)), dtype);
    EXPECT_EQ(DTypeBySafetensorsTag(SafetensorsTag(dtype)), dtype);
    names.insert(Name(dtype));
    names.insert(SafetensorsTag(dtype));
  }
  EXPECT_EQ(names.size(), 2 * 15U);
}

TEST(DType, SizesMatchTheNames) {
  for (int i = 0; i <= static_cast<int>(DType::kF64); ++i) {
    const auto dtype = static_cast<DType>(i);
    const std::string_view name = Name(dtype);
    const bool eight = name == "bool" || name.find('8') != name.npos;
    const size_t size = eight                          ? 1
                        : name.find("16") != name.npos ? 2
                        : name.find("32") != name.npos ? 4
                                                       : 8;
    EXPECT_EQ(ItemSize(dtype), size) << name;
    EXPECT_EQ(IsFloating(dtype), name.find("float") != name.npos) << name;
  }
}

// As in the README of the safetensors format.
TEST(DType, SafetensorsTags) {
  EXPECT_EQ(SafetensorsTag(DType::kBF16), "BF16");
  EXPECT_EQ(SafetensorsTag(DType::kF8E4M3), "F8_E4M3");
  EXPECT_EQ(SafetensorsTag(DType::kBool), "BOOL");
  EXPECT_EQ(DTypeBySafetensorsTag("f32"), std::nullopt);
  EXPECT_EQ(DTypeBySafetensorsTag(""), std::nullopt);
  EXPECT_EQ(DTypeByName("complex64"), std::nullopt);
}

}  // namespace
}  // namespace wsel
