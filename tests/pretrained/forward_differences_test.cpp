#include "wsel/pretrained/forward_differences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsel::pretrained {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ForwardDifferences, ListsEpsAndActivation) {
  model::VitConfig clip;
  clip.norm_eps = 1e-5;
  clip.activation = model::Activation::kQuickGelu;
  EXPECT_THAT(ForwardDifferences(clip, clip), IsEmpty());
  EXPECT_THAT(
      ForwardDifferences(clip, model::VitConfig()),
      ElementsAre("LayerNorm eps 1e-05, not 1e-06", "QuickGELU, not GELU"));
  model::ConvNextConfig convnext;
  EXPECT_THAT(ForwardDifferences(clip, convnext), IsEmpty());
  convnext.norm_eps = 1e-12;
  EXPECT_THAT(ForwardDifferences(convnext, model::ConvNextConfig()),
              ElementsAre("LayerNorm eps 1e-12, not 1e-06"));
}

}  // namespace
}  // namespace wsel::pretrained
