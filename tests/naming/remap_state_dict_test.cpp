#include "wsel/naming/remap_state_dict.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsel::naming {
namespace {

// A checkpoint of names only; its tensors are not read.
class Names : public TensorSource {
 public:
  explicit Names(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      specs_.push_back({name, {1}, DType::kF32});
    }
  }
  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    TensorView view;
    view.spec = *Find(name);
    return view;
  }

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
