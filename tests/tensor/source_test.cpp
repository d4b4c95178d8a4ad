#include "wsel/tensor/source.h"

#include <gtest/gtest.h>

namespace wsel {
namespace {

class TwoTensors : public TensorSource {
 public:
  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    return {*Find(name), {}, {}, nullptr};
  }

 private:
  std::vector<TensorSpec> specs_ = {{"a", {2, 3}}, {"b", {}}};
};

TEST(TensorSource, FindsByName) {
  const TwoTensors source;
  EXPECT_EQ(source.Find("b"), &source.Specs()[1]);
  EXPECT_EQ(source.Find("c"), nullptr);
  EXPECT_EQ(source.Find(""), nullptr);
}

TEST(TensorView, IsContiguousIfRowMajorWithoutGaps) {
  EXPECT_TRUE((TensorView{{"a", {2, 3}}, {3, 1}, {}, nullptr}).IsContiguous());
  EXPECT_FALSE((TensorView{{"a", {2, 3}}, {1, 2}, {}, nullptr}).IsContiguous());
  EXPECT_FALSE((TensorView{{"a", {2, 3}}, {4, 1}, {}, nullptr}).IsContiguous());
  EXPECT_TRUE((TensorView{{"b", {}}, {}, {}, nullptr}).IsContiguous());
}

}  // namespace
}  // namespace wsel
