#include "wsel/naming/remap_state_dict.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "naming/names.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"

namespace wsel::naming {
namespace {

// Copies of a whole ViT; of names and shapes only.
class Copies : public TensorSource {
 public:
  explicit Copies(const std::vector<std::string>& prefixes,
                  const std::vector<std::string>& others = {}) {
    for (const std::string& prefix : prefixes) {
      for (const auto& parameter :
           ParameterSpecs(model::FindVariant("vit_tiny").config)) {
        specs_.push_back(parameter.spec);
        specs_.back().name = prefix + parameter.spec.name;
      }
    }
    for (const std::string& name : others) {
      specs_.push_back({name, {1}, DType::kF32});
    }
  }
  Copies& RenameBlocks(const std::string& from, const std::string& to) {
    for (TensorSpec& spec : specs_) {
      const size_t at = spec.name.find(from);
      if (at != std::string::npos) spec.name.replace(at, from.size(), to);
    }
    return *this;
  }
  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view) const override { return {}; }

 private:
  std::vector<TensorSpec> specs_;
};

std::string PrefixOf(const std::vector<std::string>& names) {
  return RemapStateDict(Names(names)).prefix;
}

std::vector<std::string> NamesIn(const TensorSource& source) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : source.Specs()) names.push_back(spec.name);
  return names;
}

TEST(RemapStateDict, KeepsTimmsNames) {
  const Names file({"patch_embed.proj.weight", "head.weight", "head.bias"});
  const RemappedStateDict remapped = RemapStateDict(file);
  EXPECT_EQ(remapped.prefix, "");
  EXPECT_EQ(remapped.source, "timm");
  EXPECT_TRUE(remapped.IsCertain());
  EXPECT_EQ(remapped.tensors->Specs(), file.Specs());
  EXPECT_TRUE(remapped.ignored.empty());
}

TEST(RemapStateDict, RemovesWrapperPrefixes) {
  const std::string anchor = "patch_embed.proj.weight";
  for (const std::string prefix :
       {"model.", "state_dict.", "state_dict.module.", "model._orig_mod.",
        "module._orig_mod.", "state_dict_ema.", "model_ema.module.",
        "teacher.backbone.", "student.module.backbone."}) {
    EXPECT_EQ(PrefixOf({prefix + anchor, "epoch"}), prefix);
  }
  EXPECT_EQ(PrefixOf({"model.stem.0.weight"}), "model.");
}

TEST(RemapStateDict, PrefersEmaWeightsAsTimm) {
  const std::string anchor = "patch_embed.proj.weight";
  EXPECT_EQ(PrefixOf({"model." + anchor, "model_ema." + anchor}), "model_ema.");
  EXPECT_EQ(PrefixOf({"state_dict." + anchor, "state_dict_ema." + anchor}),
            "state_dict_ema.");
  EXPECT_EQ(
      PrefixOf({"student.backbone." + anchor, "teacher.backbone." + anchor}),
      "teacher.backbone.");
  EXPECT_EQ(PrefixOf({"model." + anchor, anchor}), "");
}

// Prefixes that are seen in public checkpoints (MoCo v3, DINOv2, Lightning,
// TimmWrapper, DeepSpeed).
TEST(RemapStateDict, FindsAWholeModelUnderAnyPrefix) {
  for (const std::string prefix :
       {"net.", "encoder.", "timm_model.", "image_encoder.", "model.net.",
        "state_dict.net.", "classifier.", "_forward_module.", "params_ema.",
        "model.teacher.backbone.", "module.base_encoder.", "x.y.z."}) {
    const Copies file({prefix}, {"epoch"});
    const RemappedStateDict remapped = RemapStateDict(file);
    EXPECT_EQ(remapped.prefix, prefix);
    EXPECT_EQ(remapped.problem, "");
    EXPECT_TRUE(remapped.unexpected.empty());
  }
}

TEST(RemapStateDict, TakesTheBestOfSeveralCopies) {
  const auto prefix = [](const std::vector<std::string>& prefixes,
                         const CopyChoice& choice = {}) {
    return RemapStateDict(Copies(prefixes), choice).prefix;
  };
  const std::vector<std::string> dinov2 = {"model.student.backbone.",
                                           "model.teacher.backbone."};
  EXPECT_EQ(prefix(dinov2), "model.teacher.backbone.");
  EXPECT_EQ(prefix(dinov2, {.no_ema = true}), "model.student.backbone.");
  EXPECT_EQ(prefix(dinov2, {.key = "model.student"}),
            "model.student.backbone.");
  EXPECT_EQ(prefix({"module.momentum_encoder.", "module.base_encoder."}),
            "module.base_encoder.");
  const std::vector<std::string> ema = {"model.", "model_ema."};
  EXPECT_EQ(prefix(ema), "model_ema.");
  EXPECT_EQ(prefix(ema, {.no_ema = true}), "model.");
  EXPECT_EQ(prefix(ema, {.key = "model"}), "model.");
  EXPECT_EQ(prefix({"a.", "model."}), "model.");
  EXPECT_THAT(RemapStateDict(Copies(ema)).other_copies,
              testing::ElementsAre("model."));
}

TEST(RemapStateDict, ListsCopiesThatNothingTellsApart) {
  const Copies file({"a.", "b."});
  const RemappedStateDict remapped = RemapStateDict(file);
  EXPECT_EQ(remapped.source, "");
  EXPECT_THAT(remapped.problem,
              testing::AllOf(testing::HasSubstr("'a.', 'b.'"),
                             testing::HasSubstr("`checkpoint_key`")));
  EXPECT_EQ(RemapStateDict(file, {.key = "b"}).prefix, "b.");
  EXPECT_THAT(RemapStateDict(file, {.key = "c"}).problem,
              testing::AllOf(testing::HasSubstr("'c'"),
                             testing::HasSubstr("there are: 'a.', 'b.'")));
}

TEST(RemapStateDict, LooksThroughWrappersWithinTheModel) {
  for (const std::string to :
       {"blocks.1._orig_mod.", "blocks.1._fsdp_wrapped_module.",
        "blocks.1._checkpoint_wrapped_module.",
        "blocks.1._fsdp_wrapped_module._checkpoint_wrapped_module.",
        "blocks.0.1."}) {  // the last: DINOv2's chunks
    Copies file({"model._fsdp_wrapped_module."});
    file.RenameBlocks("blocks.1.", to);
    const RemappedStateDict remapped = RemapStateDict(file);
    EXPECT_EQ(remapped.prefix, "model._fsdp_wrapped_module.");
    EXPECT_TRUE(remapped.unexpected.empty());
    EXPECT_NE(remapped.tensors->Find("blocks.1.attn.qkv.weight"), nullptr);
  }
}

TEST(RemapStateDict, LeavesOutHeadsOfOtherKinds) {
  for (const std::string other : {"head.0.weight", "MAPHead_0/probe",
                                  "head.mlp.0.weight", "classifier.weight"}) {
    const RemappedStateDict remapped = RemapStateDict(Copies({""}, {other}));
    EXPECT_TRUE(remapped.unexpected.empty()) << other;
    EXPECT_EQ(remapped.tensors->Find("head.weight"), nullptr);
    ASSERT_EQ(remapped.ignored.size(), 3U);
    EXPECT_THAT(remapped.ignored[0].reason, testing::HasSubstr("a head"));
  }
}

TEST(RemapStateDict, KeepsTheNamesOfAnUnknownSource) {
  const Names file({"decoder.patch_embed.proj.weight", "x"});
  const RemappedStateDict remapped = RemapStateDict(file);
  EXPECT_EQ(remapped.source, "");
  EXPECT_EQ(remapped.prefix, "");
  EXPECT_FALSE(remapped.IsCertain());
  EXPECT_EQ(remapped.tensors->Specs(), file.Specs());
  EXPECT_TRUE(RemapStateDict(Names({})).tensors->Specs().empty());
}

TEST(RemapStateDict, RenamesTensorsAndAccountsForTheRest) {
  const Names file({"model.patch_embed.proj.weight", "model.norm.bias",
                    "optimizer.0.step", "other"});
  const RemappedStateDict remapped = RemapStateDict(file);
  EXPECT_EQ(NamesIn(*remapped.tensors),
            std::vector<std::string>({"patch_embed.proj.weight", "norm.bias"}));
  EXPECT_EQ(remapped.tensors->View("norm.bias").spec.name, "norm.bias");
  ASSERT_EQ(remapped.used.size(), 2U);
  EXPECT_EQ(remapped.used[1].name, "model.norm.bias");
  EXPECT_EQ(remapped.used[1].timm, "norm.bias");
  ASSERT_EQ(remapped.ignored.size(), 2U);
  EXPECT_THAT(remapped.ignored[0].reason, testing::HasSubstr("optimizer"));
  EXPECT_THAT(remapped.ignored[1].reason, testing::HasSubstr("'model.'"));
}

TEST(RemapStateDict, ReportsUnexpectedKeys) {
  const RemappedStateDict remapped = RemapStateDict(
      Names({"patch_embed.proj.weight", "head.weight", "extra.weight"}));
  ASSERT_EQ(remapped.unexpected.size(), 1U);
  EXPECT_EQ(remapped.unexpected[0].name, "extra.weight");
  EXPECT_EQ(remapped.unexpected[0].reason, "is not a tensor of timm");
  EXPECT_FALSE(remapped.IsCertain());
  // Still visible: model::Detect rejects SwiGLU by its tensor names.
  EXPECT_NE(remapped.tensors->Find("extra.weight"), nullptr);
}

// Some tensors of a Hugging Face ViT.
class HfVit : public TensorSource {
 public:
  HfVit() {
    Add("vit.embeddings.patch_embeddings.projection.weight", {2, 3, 4, 4});
    for (const char* name : {"query", "key", "value"}) {
      Add(fmt::format("{}{}.weight", kAttention, name), {2, 2});
    }
  }
  void Add(const std::string& name, const Shape& shape,
           DType dtype = DType::kF32) {
    std::erase_if(specs_, [&](const auto& spec) { return spec.name == name; });
    specs_.push_back({name, shape, dtype});
  }
  void Remove(const std::string& name) {
    std::erase_if(specs_, [&](const auto& spec) { return spec.name == name; });
  }
  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view) const override { return {}; }

  static constexpr const char* kAttention =
      "vit.encoder.layer.0.attention.attention.";

 private:
  std::vector<TensorSpec> specs_;
};

std::string UnexpectedKey(const HfVit& file) {
  const RemappedStateDict remapped = RemapStateDict(file);
  return remapped.unexpected.empty() ? ""
                                     : remapped.unexpected[0].name + " " +
                                           remapped.unexpected[0].reason;
}

TEST(RemapStateDict, MergesQueryKeyAndValue) {
  const HfVit file;
  const RemappedStateDict remapped = RemapStateDict(file);
  EXPECT_EQ(remapped.tensors->Find("blocks.0.attn.qkv.weight")->shape,
            (Shape{6, 2}));
  EXPECT_TRUE(remapped.unexpected.empty());
}

TEST(RemapStateDict, RejectsMismatchingParts) {
  const std::string key = std::string(HfVit::kAttention) + "key.weight";
  HfVit missing;
  missing.Remove(key);
  EXPECT_THAT(UnexpectedKey(missing),
              testing::HasSubstr("other parts are missing"));
  HfVit other_shape;
  other_shape.Add(key, {2, 3});
  EXPECT_THAT(UnexpectedKey(other_shape),
              testing::HasSubstr("key.weight differs from"));
  HfVit other_type;
  other_type.Add(key, {2, 2}, DType::kF16);
  EXPECT_THAT(UnexpectedKey(other_type), testing::HasSubstr("differs from"));
  HfVit scalar;
  scalar.Add(key, {});
  EXPECT_THAT(UnexpectedKey(scalar), testing::HasSubstr("has shape []"));
  HfVit twice;  // under the names of files and of transformers 5's state dicts
  twice.Add("vit.layers.0.attention.k_proj.weight", {2, 2});
  EXPECT_THAT(UnexpectedKey(twice), testing::HasSubstr(", as is"));
  HfVit huge;  // no elements, but three times the size overflows
  for (const char* name : {"query", "key", "value"}) {
    huge.Add(fmt::format("{}{}.weight", HfVit::kAttention, name),
             {int64_t{1} << 62, 0});
  }
  EXPECT_THAT(UnexpectedKey(huge), testing::HasSubstr("has shape"));
}

TEST(RemapStateDict, RejectsMalformedBlockNumbers) {
  const RemappedStateDict remapped = RemapStateDict(
      Names({"patch_embed.proj.weight", "head.weight", "blocks.01.norm1.bias",
             "blocks.99999.norm1.bias", "blocks..norm1.bias"}));
  EXPECT_EQ(remapped.unexpected.size(), 3U);
}

}  // namespace
}  // namespace wsel::naming
