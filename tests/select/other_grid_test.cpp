#include "wsel/select/other_grid.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "hashed_source.h"
#include "select/embed_resample.h"
#include "wsel/tensor/floats.h"

namespace wsel::select {
namespace {

model::VitConfig Small(const HeightWidth& img_size) {
  model::VitConfig c;
  c.name = "small";
  c.img_size = img_size;
  c.patch_size = 8;
  c.embed_dim = 12;
  c.num_heads = 3;
  c.depth = 1;
  c.num_classes = 5;
  return c;
}

// The grids have as many patches: only their sides differ.
TEST(OtherGrid, ResamplesAsAPlanDoes) {
  const auto from = Small({16, 32});
  const auto to = Small({32, 16});
  auto source = std::make_unique<HashedSource>(from);
  const auto resample = OtherGrid(*source, from, to);
  ASSERT_TRUE(resample);
  EXPECT_EQ(*resample, (PosEmbedResample{{0}, 1, {2, 4}, {4, 2}}));
  const TensorView view = source->View("pos_embed");
  const Floats before(view);
  const auto expected = ResamplePosEmbed(before.values(), 12, *resample);
  const auto tensors = WithGrid(std::move(source), *resample);
  EXPECT_EQ(tensors->Find("pos_embed")->shape, (Shape{1, 9, 12}));
  const TensorView resampled = tensors->View("pos_embed");
  EXPECT_EQ(resampled.spec, *tensors->Find("pos_embed"));
  const auto values = FloatsOf(resampled);
  EXPECT_EQ(std::vector<float>(values.begin(), values.end()), expected);
  EXPECT_NE(tensors->Find("head.weight"), nullptr);
}

TEST(OtherGrid, LeavesOtherPositionsAsTheyAre) {
  const auto from = Small(32);
  const HashedSource source(from);
  EXPECT_FALSE(OtherGrid(source, from, from));
  auto without = Small(64);
  without.no_embed_class = true;  // other prefix tokens
  EXPECT_FALSE(OtherGrid(source, from, without));
  // The tensors are not those of the config.
  EXPECT_FALSE(OtherGrid(source, Small(48), Small(64)));
  EXPECT_FALSE(OtherGrid(source, from, model::ConvNextConfig()));
}

}  // namespace
}  // namespace wsel::select
