#include "wsel/cli/use_of_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsel::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(OtherUses, NamesEpsAndActivation) {
  model::VitConfig theirs;
  theirs.norm_eps = 1e-5;
  theirs.activation = model::Activation::kQuickGelu;
  EXPECT_THAT(OtherUses(theirs, theirs), IsEmpty());
  EXPECT_THAT(
      OtherUses(theirs, model::VitConfig()),
      ElementsAre("LayerNorm's eps 1e-05, not 1e-06", "QuickGELU, not GELU"));
  model::ConvNextConfig convnext;
  EXPECT_THAT(OtherUses(theirs, convnext), IsEmpty());
  convnext.norm_eps = 1e-12;
  EXPECT_THAT(OtherUses(convnext, model::ConvNextConfig()),
              ElementsAre("LayerNorm's eps 1e-12, not 1e-06"));
}

}  // namespace
}  // namespace wsel::cli
