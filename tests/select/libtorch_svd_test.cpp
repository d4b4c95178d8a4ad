#include "wsel/select/libtorch_svd.h"

#include <gtest/gtest.h>

namespace wsel::select {
namespace {

TEST(LibTorchSvd, DrawsMimeticWeights) {
  model::Init init;
  init.kind = model::InitKind::kMimeticProj;
  const TensorSpec spec = {"blocks.0.attn.proj.weight", {8, 8}};
  const auto values = LibTorchSvd().draw(init, spec, 1);
  ASSERT_EQ(values.size(), 64U);
  EXPECT_EQ(values, LibTorchSvd().draw(init, spec, 1));
  EXPECT_NE(values, LibTorchSvd().draw(init, spec, 2));
}

}  // namespace
}  // namespace wsel::select
