// The attributes are those of timm 1.0.31's VisionTransformer, pickled.
#include <gtest/gtest.h>

#include "pretrained/zero_checkpoint.h"
#include "throws.h"
#include "wsel/pretrained/facts.h"

namespace wsel::pretrained {
namespace {

using Metadata = std::map<std::string, std::string>;

// A ViT of 8 channels under `model.`, with these values beside its tensors.
PretrainedCheckpoint OpenModule(const TempFolder& folder,
                                const Metadata& metadata) {
  std::vector<TensorSpec> specs;
  for (const auto& parameter : ParameterSpecs(SmallVit())) {
    specs.push_back(parameter.spec);
    specs.back().name.insert(0, "model.");
  }
  const std::string path = (folder / "module.safetensors").string();
  WriteZeros(path, specs, metadata);
  return Open(path);
}

TEST(ModuleAttributes, StateTheModel) {
  const TempFolder folder;
  const auto checkpoint =
      OpenModule(folder, {{"model.blocks.0.attn.num_heads", "4"},
                          {"model.blocks.0.norm1.eps", "1e-05"},
                          {"model.norm.eps", "1e-05"},
                          {"model.blocks.0.mlp.act.approximate", "none"},
                          {"model.global_pool", "avg"},
                          {"model.patch_embed.img_size.0", "16"},
                          {"model.patch_embed.img_size.1", "16"},
                          {"optimizer.defaults.eps", "1e-08"}});
  RequireKnownHeads(checkpoint);
  const Facts facts = FactsOf(checkpoint);
  const auto& config = std::get<model::VitConfig>(facts.model);
  EXPECT_EQ(config.num_heads, 4);
  EXPECT_EQ(config.norm_eps, 1e-5);
  EXPECT_EQ(config.pooling, model::Pooling::kNormedAverage);
  EXPECT_EQ(facts.model_source, FactSource::kMetadata);
  EXPECT_TRUE(checkpoint.model->assumptions.empty());
}

TEST(ModuleAttributes, TheCodeOfATracedModuleStatesTheHeads) {
  const TempFolder folder;
  const std::string key(checkpoint::kTracedHeads);
  const auto checkpoint = OpenModule(folder, {{key, "4"}});
  RequireKnownHeads(checkpoint);
  EXPECT_EQ(std::get<model::VitConfig>(FactsOf(checkpoint).model).num_heads, 4);
  // Attributes come first, and what does not divide the width is not used.
  EXPECT_EQ(
      std::get<model::VitConfig>(
          FactsOf(OpenModule(folder, {{key, "4"},
                                      {"model.blocks.0.attn.num_heads", "2"}}))
              .model)
          .num_heads,
      2);
  for (const char* text : {"3", "0", "-4", "x", ""}) {
    EXPECT_FALSE(OpenModule(folder, {{key, text}}).model->knows_heads) << text;
  }
}

TEST(ModuleAttributes, ThatDifferOrAreNoNumbersAreNotUsed) {
  const TempFolder folder;
  for (const Metadata& metadata :
       {Metadata{{"model.norm.eps", "1e-5"},
                 {"model.blocks.0.norm1.eps", "1e-6"}},
        Metadata{{"model.norm.eps", "x"}}, Metadata{{"model.norm.eps", "-1"}},
        Metadata{{"model.other.eps", "1e-5"}},
        Metadata{{"model.blocks.0.attn.num_heads", "0"}},
        Metadata{{"model.num_heads", "4"}}}) {
    const auto checkpoint = OpenModule(folder, metadata);
    ASSERT_TRUE(checkpoint.model);
    EXPECT_FALSE(checkpoint.model->knows_heads);
    EXPECT_EQ(std::get<model::VitConfig>(checkpoint.model->config).norm_eps,
              1e-6);
  }
}

TEST(ModuleAttributes, AnotherActivationIsTold) {
  const TempFolder folder;
  const auto checkpoint =
      OpenModule(folder, {{"model.blocks.0.mlp.act.approximate", "tanh"}});
  ExpectError([&] { FactsOf(checkpoint); }, ErrorKind::kMismatch,
              {"tanh", "`model`"});
  EXPECT_NO_THROW(FactsOf(checkpoint, {.model = SmallVit()}));
}

}  // namespace
}  // namespace wsel::pretrained
