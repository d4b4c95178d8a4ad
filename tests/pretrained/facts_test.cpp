#include "wsel/pretrained/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretrained/zero_checkpoint.h"
#include "throws.h"
#include "wsel/pretrained/recorded_recipe.h"

namespace wsel::pretrained {
namespace {

using testing::ElementsAre;

// A small ViT with an eps that is not timm's.
PretrainedCheckpoint MakeCheckpoint(
    const TempFolder& folder, std::map<std::string, std::string> metadata) {
  model::VitConfig config = SmallVit();
  config.norm_eps = 1e-5;
  return ZeroCheckpoint(folder, config, std::move(metadata));
}

TEST(Facts, AreTheFirstKnownOnes) {
  const TempFolder folder;
  const auto checkpoint =
      MakeCheckpoint(folder, {{run::kMeanKey, "[0.1, 0.2, 0.3]"}});
  const Facts found = FactsOf(checkpoint);
  EXPECT_THAT(found.mean_std.mean.value, ElementsAre(0.1, 0.2, 0.3));
  EXPECT_EQ(found.mean_std.mean.source, FactSource::kMetadata);
  EXPECT_EQ(found.mean_std.std.value, image::Normalisation().std);
  EXPECT_EQ(found.mean_std.std.source, FactSource::kAssumed);
  EXPECT_EQ(found.model_source, FactSource::kMetadata);

  GivenFacts given;
  given.mean = {{0.5, 0.5, 0.5}};
  given.assumed.std = {1, 1, 1};
  const MeanStd mean_std = MeanStdOf(checkpoint, given);
  EXPECT_THAT(mean_std.mean.value, ElementsAre(0.5, 0.5, 0.5));
  EXPECT_EQ(mean_std.mean.source, FactSource::kGiven);
  EXPECT_THAT(mean_std.std.value, ElementsAre(1, 1, 1));
}

// Values of three channels are not those of one, unless they are equal.
TEST(Facts, OfGreyImagesHaveOneValue) {
  const TempFolder folder;
  model::VitConfig grey = SmallVit();
  grey.in_chans = 1;
  const auto unequal = ZeroCheckpoint(
      folder, grey,
      {{run::kMeanKey, "[0.1, 0.2, 0.3]"}, {run::kStdKey, "[0.25]"}});
  const Facts facts = FactsOf(unequal);
  EXPECT_THAT(facts.mean_std.mean.value, ElementsAre(0.2, 0.2, 0.2));
  EXPECT_EQ(facts.mean_std.mean.source, FactSource::kAssumed);
  EXPECT_THAT(facts.mean_std.std.value, ElementsAre(0.25, 0.25, 0.25));
  EXPECT_EQ(facts.mean_std.std.source, FactSource::kMetadata);
  EXPECT_EQ(facts.mean_std.normalisation().in_chans, 1);
  ExpectError(
      [&] {
        FactsOf(unequal, {.mean = {{0.1, 0.2, 0.3}}});
      },
      ErrorKind::kUsage, {"mean", "1 channel", "one value"});
  ExpectError(
      [&] {
        FactsOf(unequal, {.std = {{0.1, 0.2, 0.3}}});
      },
      ErrorKind::kUsage, {"std", "one value"});
  EXPECT_THAT(PerChannel({0.25, 0.25, 0.25}, 1), ElementsAre(0.25));
  EXPECT_THAT(PerChannel({0.1, 0.2, 0.3}, 3), ElementsAre(0.1, 0.2, 0.3));
  EXPECT_THAT(PerChannel({0.1, 0.2}, 2), ElementsAre(0.1, 0.2));
}

// Values of RGB images are not those of others.
TEST(Facts, OfOtherChannelsAreGivenOrAssumed) {
  const TempFolder folder;
  model::VitConfig satellite = SmallVit();
  satellite.in_chans = 5;
  const auto checkpoint =
      ZeroCheckpoint(folder, satellite,
                     {{run::kMeanKey, "[0.1, 0.2, 0.3]"},
                      {run::kStdKey, "[0.1, 0.2, 0.3, 0.4, 0.5]"}});
  const Facts facts = FactsOf(checkpoint);
  EXPECT_THAT(facts.mean_std.mean.value, ElementsAre(0.5, 0.5, 0.5, 0.5, 0.5));
  EXPECT_EQ(facts.mean_std.mean.source, FactSource::kAssumed);
  EXPECT_THAT(facts.mean_std.std.value, ElementsAre(0.1, 0.2, 0.3, 0.4, 0.5));
  EXPECT_EQ(facts.mean_std.std.source, FactSource::kMetadata);
  const Facts given = FactsOf(
      checkpoint, {.mean = {{0.1, 0.2, 0.3, 0.4, 0.6}}, .std = {{0.25}}});
  EXPECT_THAT(given.mean_std.mean.value, ElementsAre(0.1, 0.2, 0.3, 0.4, 0.6));
  EXPECT_THAT(given.mean_std.std.value,
              ElementsAre(0.25, 0.25, 0.25, 0.25, 0.25));
  ExpectError(
      [&] {
        FactsOf(checkpoint, {.mean = {{0.5, 0.4, 0.5}}});
      },
      ErrorKind::kUsage, {"mean", "has 3 values", "5 channels"});
  const TempFolder other;
  const auto hostile =
      ZeroCheckpoint(other, satellite, {{run::kStdKey, "[0.1, 0.2]"}});
  ExpectError([&] { FactsOf(hostile); }, ErrorKind::kFormat,
              {"expected 5 values", "[0.1, 0.2]"});
}

// Pixels are divided by it.
TEST(Facts, AStdOfZeroIsAnError) {
  const TempFolder folder;
  const auto checkpoint =
      MakeCheckpoint(folder, {{run::kStdKey, "[0.5, 0, 0.5]"}});
  ExpectError([&] { FactsOf(checkpoint); }, ErrorKind::kFormat,
              {"wsel.std", "must be above 0"});
  const TempFolder other;
  const auto plain = MakeCheckpoint(other, {});
  ExpectError([&] { FactsOf(plain, {.std = {{0.0}}}); }, ErrorKind::kUsage,
              {"std", "must be above 0"});
}

TEST(Facts, OfAGivenModelNameItsDifferences) {
  const TempFolder folder;
  const auto checkpoint = MakeCheckpoint(folder, {});
  const Facts facts = FactsOf(checkpoint, {.model = SmallVit()});
  EXPECT_EQ(std::get<model::VitConfig>(facts.model).norm_eps, 1e-6);
  EXPECT_THAT(facts.differences, ElementsAre("LayerNorm eps 1e-05, not 1e-06"));
  EXPECT_THAT(FactsOf(checkpoint).differences, ElementsAre());
}

TEST(Facts, OfAGivenModelHaveTheFilesClasses) {
  const TempFolder folder;
  model::VitConfig other = SmallVit();
  other.num_classes = 1000;
  const Facts facts = FactsOf(MakeCheckpoint(folder, {}), {.model = other});
  EXPECT_EQ(NumClasses(facts.model), 2);
  EXPECT_EQ(facts.note, "its classifier has 2 outputs, not 1000 as in small");
}

// A guess does not contradict what the user says.
TEST(Facts, OfAGivenModelTakeNothingFromAGuess) {
  const TempFolder folder;
  const auto path = (folder / "guess.safetensors").string();
  const auto parameters = ParameterSpecs(SmallVit());
  std::vector<TensorSpec> specs;
  for (const auto& parameter : parameters) specs.push_back(parameter.spec);
  model::VitConfig quick = SmallVit();
  quick.activation = model::Activation::kQuickGelu;
  WriteZeros(path, specs);
  EXPECT_THAT(FactsOf(Open(path), {.model = quick}).differences, ElementsAre());

  // Nor do positions that make no square grid matter then.
  for (TensorSpec& spec : specs) {
    if (spec.name == "pos_embed") spec.shape = {1, 8, 8};
  }
  WriteZeros(path, specs);
  ExpectError([&] { FactsOf(Open(path)); }, ErrorKind::kMismatch,
              {"pos_embed", "square grid"});
  EXPECT_EQ(NameOf(FactsOf(Open(path), {.model = quick}).model), "small");
}

TEST(Facts, AreDescribedWithTheirSources) {
  const TempFolder folder;
  const auto checkpoint =
      MakeCheckpoint(folder, {{run::kStdKey, "[0.5,0.5,0.5]"}});
  EXPECT_EQ(Describe(FactsOf(checkpoint)),
            "images of 16 px, cropped without resizing, mean "
            "[0.485,0.456,0.406] (assumed), std "
            "[0.5,0.5,0.5] (metadata), LayerNorm eps 1e-05, GELU (metadata)");
}

// Version 0.1, which did not record it, resized as Pillow 12.
TEST(Facts, ARunDecidesHowImagesAreResized) {
  const auto facts = [](std::map<std::string, std::string> metadata,
                        const GivenFacts& given = {}) {
    const TempFolder folder;
    return FactsOf(MakeCheckpoint(folder, std::move(metadata)), given)
        .pass_order;
  };
  using image::PassOrder;
  const char* const recipe = R"({"data": {"resize": "pillow-13"}})";
  EXPECT_EQ(facts({}).value, PassOrder::kPillow13);
  EXPECT_EQ(facts({}).source, FactSource::kAssumed);
  EXPECT_EQ(facts({{run::kRecipeKey, "{}"}}).value, PassOrder::kPillow12);
  EXPECT_EQ(facts({{run::kRecipeKey, recipe}}).value, PassOrder::kPillow13);
  EXPECT_EQ(facts({{run::kRecipeKey, recipe}}).source, FactSource::kMetadata);
  const GivenFacts given = {.pass_order = PassOrder::kPillow12};
  EXPECT_EQ(facts({{run::kRecipeKey, recipe}}, given).value,
            PassOrder::kPillow12);
  ExpectError(
      [&] {
        facts({{run::kRecipeKey, R"({"data": {"resize": "gimp"}})"}});
      },
      ErrorKind::kFormat, {"data.resize", "gimp"});
}

TEST(Facts, ARunDecidesHowImagesAreCropped) {
  const TempFolder folder;
  const auto facts = [&](const char* recipe, const GivenFacts& given = {}) {
    return FactsOf(MakeCheckpoint(folder, {{run::kRecipeKey, recipe}}), given);
  };
  using enum image::CropMode;
  EXPECT_EQ(facts("{}").crop_mode.value, kAuto);
  EXPECT_EQ(facts("{}").crop_mode.source, FactSource::kMetadata);
  EXPECT_EQ(facts("{}").Resizing(), image::EvalResize::kNone);
  const char* const squash = R"({"evaluation": {"crop_mode": "squash"}})";
  EXPECT_EQ(facts(squash).Resizing(), image::EvalResize::kSquash);
  EXPECT_EQ(Describe(facts(squash))
                .find("images of 16 px, squash (metadata), "
                      "crop 0.875 (assumed), bicubic "
                      "(assumed) as pillow-12 (metadata)"),
            0U);
  const Facts given = facts(squash, {.crop_mode = kCenter});
  EXPECT_EQ(given.crop_mode.detail, "squash (metadata)");
  EXPECT_EQ(given.Resizing(), image::EvalResize::kShortSide);
  ExpectError([&] { facts(R"({"evaluation": {"crop_mode": "x"}})"); },
              ErrorKind::kFormat, {"evaluation.crop_mode", "'x'"});
}

TEST(Facts, ARecipeThatIsNotJsonIsAnError) {
  const TempFolder folder;
  const auto checkpoint = MakeCheckpoint(folder, {{run::kRecipeKey, "{"}});
  ExpectError([&] { RecordedRecipe{checkpoint}; }, ErrorKind::kFormat,
              {"a.safetensors", run::kRecipeKey});
  EXPECT_FALSE(RecordedRecipe(MakeCheckpoint(folder, {})).exists());
}

TEST(Facts, MalformedMetadataIsAnError) {
  for (const char* text : {"[0.5,0.5]", "[0.5,0.5,\"x\"]", "0.5", "{", ""}) {
    const TempFolder folder;
    const auto checkpoint = MakeCheckpoint(folder, {{run::kMeanKey, text}});
    ExpectError([&] { FactsOf(checkpoint); }, ErrorKind::kFormat,
                {"a.safetensors", run::kMeanKey});
  }
}

TEST(ModelByFileName, IsThatOfTheVariant) {
  const auto model = ModelByFileName("teachers/vit_small_patch16_224.pth");
  ASSERT_TRUE(model);
  EXPECT_EQ(NameOf(*model), "vit_small_patch16_224");
  EXPECT_FALSE(ModelByFileName("teacher.pth"));
}

}  // namespace
}  // namespace wsel::pretrained
