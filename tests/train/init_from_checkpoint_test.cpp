#include "wsel/train/init_from_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_folder.h"
#include "throws.h"
#include "train/small_run.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/train/run_state.h"
#include "wsel/train/train_step.h"

namespace wsel::train {
namespace {

using testing::ElementsAre;

nn::Model Initialised(const model::Config& config, uint64_t seed) {
  nn::Model model = nn::Build(config);
  Initialize(model, model::Initializer::kTimm, seed);
  return model;
}

std::unique_ptr<checkpoint::Checkpoint> Saved(const nn::Model& model,
                                              const TempFolder& folder) {
  WriteTensors(folder / "w.safetensors",
               optim::CloneTensors(ParametersOf(model)), {});
  return checkpoint::Open(folder / "w.safetensors");
}

bool Equal(const nn::Model& a, const nn::Model& b, const char* name) {
  return at::equal(a.module->named_parameters()[name],
                   b.module->named_parameters()[name]);
}

TEST(InitFromCheckpoint, LoadsAllWeightsIfTheClassCountsAgree) {
  const TempFolder folder;
  const nn::Model teacher = Initialised(SmallVit(), 1);
  nn::Model model = nn::Build(SmallVit());
  EXPECT_THAT(InitFromCheckpoint(model, *Saved(teacher, folder),
                                 model::Initializer::kTimm, 9),
              ElementsAre());
  EXPECT_TRUE(Equal(model, teacher, "head.weight"));
}

TEST(InitFromCheckpoint, ReinitialisesTheHeadForAnotherClassCount) {
  const TempFolder folder;
  const nn::Model teacher = Initialised(SmallVit(), 1);
  model::Config config = SmallVit();
  SetNumClasses(config, 5);
  nn::Model model = nn::Build(config);
  EXPECT_THAT(InitFromCheckpoint(model, *Saved(teacher, folder),
                                 model::Initializer::kTimm, 9),
              ElementsAre("head.weight", "head.bias"));
  EXPECT_TRUE(Equal(model, teacher, "blocks.1.mlp.fc1.weight"));
  EXPECT_TRUE(Equal(model, Initialised(config, 9), "head.weight"));
}

TEST(InitFromCheckpoint, AdaptsTheFirstConvolutionToTheModelsImages) {
  const TempFolder folder;
  const nn::Model rgb = Initialised(SmallVit(), 1);
  const auto file = Saved(rgb, folder);
  auto config = std::get<model::VitConfig>(SmallVit());
  EXPECT_FALSE(AdaptsInChans(config, *file));
  config.in_chans = 1;
  EXPECT_TRUE(AdaptsInChans(config, *file));
  CheckInitCheckpoint(config, *file);
  nn::Model grey = nn::Build(config);
  EXPECT_THAT(InitFromCheckpoint(grey, *file, model::Initializer::kTimm, 9),
              ElementsAre());
  const char* const kConv = "patch_embed.proj.weight";
  EXPECT_TRUE(at::allclose(grey.module->named_parameters()[kConv],
                           rgb.module->named_parameters()[kConv].sum(1, true)));
  EXPECT_TRUE(Equal(grey, rgb, "head.weight"));
  EXPECT_TRUE(Equal(grey, rgb, "blocks.1.mlp.fc1.weight"));
}

TEST(InitFromCheckpoint, NamesAnyOtherTensorThatDoesNotFit) {
  const TempFolder folder;
  auto config = std::get<model::VitConfig>(SmallVit());
  config.embed_dim = 32;
  const auto file = Saved(Initialised(config, 1), folder);
  nn::Model model = nn::Build(SmallVit());
  const auto load = [&] {
    InitFromCheckpoint(model, *file, model::Initializer::kTimm, 9);
  };
  ExpectError(load, ErrorKind::kMismatch, {"cls_token", "[1, 1, 32]"});
  ExpectError([&] { CheckInitCheckpoint(SmallVit(), *file); },
              ErrorKind::kMismatch, {"cls_token", "[1, 1, 32]"});
}

}  // namespace
}  // namespace wsel::train
