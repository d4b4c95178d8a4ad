#include "wsel/train/fine_tune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "throws.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"
#include "wsel/optim/adamw_options.h"

namespace wsel::train {
namespace {

using testing::ElementsAre;

model::Config SmallVit() {
  return model::VitConfig{.name = "small",
                          .img_size = 16,
                          .patch_size = 8,
                          .embed_dim = 16,
                          .depth = 4,
                          .num_heads = 2,
                          .num_classes = 3};
}

model::Config Femto() { return model::FindVariant("convnext_femto").config; }

std::vector<std::string> Trained(const model::Config& config,
                                 const std::vector<std::string>& freeze) {
  FineTuneOptions options;
  options.freeze = freeze;
  std::vector<std::string> names;
  for (const ParameterRule& rule : ParameterRules(config, options, 1)) {
    if (!rule.frozen) names.push_back(rule.name);
  }
  return names;
}

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// Golden by scripts/golden/fine_tune.py with timm's param_groups_layer_decay.
TEST(ParameterRules, HaveTimmsLayerDecay) {
  const std::string path =
      WSEL_SOURCE_DIR "/tests/golden/train/layer_decay.json";
  const auto golden = ParseJson(ReadText(path), path, ErrorKind::kFormat);
  ASSERT_EQ(golden["models"].size(), 4U);
  FineTuneOptions options;
  options.layer_decay = golden["layer_decay"].get<double>();
  for (const auto& [name, groups] : golden["models"].items()) {
    SCOPED_TRACE(name);
    const auto config = model::FindVariant(name).config;
    std::map<std::string, bool> decayed;
    for (const auto& parameter : model::ParameterSpecs(config)) {
      decayed[parameter.spec.name] = optim::HasWeightDecay(parameter.spec);
    }
    std::map<std::string, double> scales;
    for (const ParameterRule& rule : ParameterRules(config, options, 1)) {
      scales[rule.name] = rule.lr_scale;
    }
    size_t count = 0;
    for (const auto& group : groups) {
      for (const auto& parameter : group["names"]) {
        const auto key = parameter.get<std::string>();
        ASSERT_TRUE(scales.contains(key)) << key;
        EXPECT_DOUBLE_EQ(scales[key], group["lr_scale"].get<double>()) << key;
        EXPECT_EQ(decayed[key], group["decay"].get<bool>()) << key;
        ++count;
      }
    }
    EXPECT_EQ(count, scales.size());
  }
}

TEST(ParameterRules, TheHeadHasARateOfItsOwn) {
  FineTuneOptions options;
  options.layer_decay = 0.5;
  options.head_lr = 0.3;
  for (const ParameterRule& rule : ParameterRules(SmallVit(), options, 0.1)) {
    if (rule.backbone) {
      EXPECT_LE(rule.lr_scale, 0.5) << rule.name;
    } else {
      EXPECT_DOUBLE_EQ(rule.lr_scale, 3) << rule.name;
    }
  }
}

TEST(ParameterRules, FreezeTheBackbone) {
  for (const char* part : {"backbone", "all-but-head"}) {
    EXPECT_THAT(Trained(SmallVit(), {part}),
                ElementsAre("head.weight", "head.bias"));
    // The norm before the classifier is pretrained, as the rest is.
    EXPECT_THAT(Trained(Femto(), {part}),
                ElementsAre("head.fc.weight", "head.fc.bias"));
  }
}

TEST(ParameterRules, FreezeTheStem) {
  for (const char* part : {"stem", "embed"}) {
    const auto vit = Trained(SmallVit(), {part});
    EXPECT_FALSE(Has(vit, "pos_embed"));
    EXPECT_FALSE(Has(vit, "cls_token"));
    EXPECT_FALSE(Has(vit, "patch_embed.proj.weight"));
    EXPECT_TRUE(Has(vit, "blocks.0.norm1.weight"));
    const auto femto = Trained(Femto(), {part});
    EXPECT_FALSE(Has(femto, "stem.0.weight"));
    EXPECT_TRUE(Has(femto, "stages.0.blocks.0.conv_dw.weight"));
  }
}

TEST(ParameterRules, FreezeRangesAndPatterns) {
  const auto vit = Trained(SmallVit(), {"blocks.1-2", "*.bias"});
  EXPECT_TRUE(Has(vit, "blocks.0.mlp.fc1.weight"));
  EXPECT_FALSE(Has(vit, "blocks.1.mlp.fc1.weight"));
  EXPECT_FALSE(Has(vit, "blocks.2.mlp.fc1.weight"));
  EXPECT_TRUE(Has(vit, "blocks.3.mlp.fc1.weight"));
  EXPECT_FALSE(Has(vit, "blocks.3.mlp.fc1.bias"));
  EXPECT_FALSE(Has(vit, "head.bias"));
  EXPECT_EQ(Trained(SmallVit(), {"blocks:1-2", "*.bias"}), vit);
  const auto headless = Trained(SmallVit(), {"head"});
  EXPECT_FALSE(Has(headless, "head.weight"));
  EXPECT_TRUE(Has(headless, "norm.weight"));
  const auto femto = Trained(Femto(), {"stages.1"});
  EXPECT_TRUE(Has(femto, "stages.0.blocks.0.conv_dw.weight"));
  EXPECT_FALSE(Has(femto, "stages.1.downsample.0.weight"));
  EXPECT_FALSE(Has(femto, "stages.1.blocks.0.conv_dw.weight"));
  EXPECT_TRUE(Has(femto, "stages.2.downsample.0.weight"));
}

TEST(ParameterRules, RejectWhatTheModelLacks) {
  const auto rejects = [](const model::Config& config,
                          const std::vector<std::string>& freeze,
                          const std::vector<std::string>& parts) {
    ExpectError([&] { Trained(config, freeze); }, ErrorKind::kConfig, parts);
  };
  rejects(SmallVit(), {"backbon"}, {"train.freeze", "'backbone'"});
  rejects(SmallVit(), {"blocks.2-4"}, {"'blocks.2-4'", "blocks.0 to blocks.3"});
  rejects(SmallVit(), {"blocks.2-1"}, {"'blocks.2-1'"});
  rejects(SmallVit(), {"stages.0"}, {"'stages.0'", "has blocks, no stages"});
  rejects(SmallVit(), {"block.*"}, {"'block.*' matches no parameter"});
  rejects(SmallVit(), {""}, {"matches no parameter"});
  rejects(SmallVit(), {"backbone", "head.*"}, {"leaves no parameter"});
}

// The first epochs would have nothing to train, and no gradient.
TEST(ParameterRules, RejectEpochsThatTrainNothing) {
  const auto of = [](const model::Config& config, const FineTuneOptions& o) {
    return ParameterRules(config, o, 1);
  };
  for (const char* head : {"head.*", "*head*"}) {
    FineTuneOptions options;
    options.freeze = {"stem", head};
    EXPECT_NO_THROW(of(SmallVit(), options)) << head;
    options.freeze_epochs = 2;
    ExpectError([&] { of(SmallVit(), options); }, ErrorKind::kConfig,
                {"train.freeze_epochs: is 2", head, "freeze_epochs=0"});
  }
  // A part of the classifier is enough.
  EXPECT_NO_THROW(
      of(SmallVit(), {.freeze = {"head.weight"}, .freeze_epochs = 2}));
  // ConvNeXt's norm in `head` belongs to the backbone.
  ExpectError(
      [&] { of(Femto(), {.freeze = {"head.fc.*"}, .freeze_epochs = 1}); },
      ErrorKind::kConfig, {"train.freeze_epochs", "head.fc.*"});
}

TEST(TrainedParameterCount, LeavesOutWhatIsFrozen) {
  EXPECT_EQ(TrainedParameterCount(SmallVit(), {}),
            model::ParameterCount(SmallVit()));
  EXPECT_EQ(TrainedParameterCount(SmallVit(), {.freeze = {"backbone"}}),
            16 * 3 + 3);
}

TEST(FineTuneOptions, AreChecked) {
  const auto rejects = [](FineTuneOptions options, const std::string& key,
                          double lr = 0.1) {
    ExpectError([&] { Validate(options, 10, lr); }, ErrorKind::kConfig,
                {key + ": "});
  };
  rejects({.freeze_epochs = 11}, "train.freeze_epochs");
  rejects({.freeze_epochs = -1}, "train.freeze_epochs");
  rejects({.layer_decay = 0}, "optimizer.layer_decay");
  rejects({.layer_decay = 1.5}, "optimizer.layer_decay");
  rejects({.head_lr = -1}, "optimizer.head_lr");
  rejects({.head_lr = 1}, "optimizer.head_lr", 0);
}

}  // namespace
}  // namespace wsel::train
