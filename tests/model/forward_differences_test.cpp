#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wsel/model/config.h"

namespace wsel::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ForwardDifferences, ListsEpsAndActivation) {
  VitConfig clip;
  clip.norm_eps = 1e-5;
  clip.activation = Activation::kQuickGelu;
  EXPECT_THAT(ForwardDifferences(clip, clip), IsEmpty());
  EXPECT_THAT(
      ForwardDifferences(clip, VitConfig()),
      ElementsAre("LayerNorm eps 1e-05, not 1e-06", "QuickGELU, not GELU"));
  ConvNextConfig convnext;
  EXPECT_THAT(ForwardDifferences(clip, convnext), IsEmpty());
  convnext.norm_eps = 1e-12;
  EXPECT_THAT(ForwardDifferences(convnext, ConvNextConfig()),
              ElementsAre("LayerNorm eps 1e-12, not 1e-06"));
  EXPECT_THAT(ForwardDifferences(convnext, ConvNextV2Config()),
              ElementsAre("LayerNorm eps 1e-12, not 1e-06"));
}

}  // namespace
}  // namespace wsel::model
