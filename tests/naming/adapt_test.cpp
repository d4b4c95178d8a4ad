#include "wsel/naming/adapt.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsel::naming {
namespace {

// Names alone; tensors are never looked at here.
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
  return Adapt(Names(names)).prefix;
}

std::vector<std::string> NamesIn(const TensorSource& source) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : source.Specs()) names.push_back(spec.name);
  return names;
}

TEST(Adapt, LeavesPlainNames) {
  const Names file({"patch_embed.proj.weight", "head.weight", "head.bias"});
  const Adapted adapted = Adapt(file);
  EXPECT_EQ(adapted.prefix, "");
  EXPECT_EQ(adapted.source, "timm");
  EXPECT_TRUE(adapted.IsCertain());
  EXPECT_EQ(adapted.tensors->Specs(), file.Specs());
  EXPECT_TRUE(adapted.ignored.empty());
}

TEST(Adapt, LooksThroughWrappers) {
  const std::string anchor = "patch_embed.proj.weight";
  for (const std::string prefix :
       {"model.", "state_dict.", "state_dict.module.", "model._orig_mod.",
        "module._orig_mod.", "state_dict_ema.", "model_ema.module.",
        "teacher.backbone.", "student.module.backbone."}) {
    EXPECT_EQ(PrefixOf({prefix + anchor, "epoch"}), prefix);
  }
  EXPECT_EQ(PrefixOf({"model.stem.0.weight"}), "model.");
}

TEST(Adapt, PrefersTheMovingAverageAsTimmDoes) {
  const std::string anchor = "patch_embed.proj.weight";
  EXPECT_EQ(PrefixOf({"model." + anchor, "model_ema." + anchor}), "model_ema.");
  EXPECT_EQ(PrefixOf({"state_dict." + anchor, "state_dict_ema." + anchor}),
            "state_dict_ema.");
  EXPECT_EQ(
      PrefixOf({"student.backbone." + anchor, "teacher.backbone." + anchor}),
      "teacher.backbone.");
  EXPECT_EQ(PrefixOf({"model." + anchor, anchor}), "");
}

TEST(Adapt, LeavesAFileThatNobodyKnowsAsItIs) {
  const Names file({"decoder.patch_embed.proj.weight", "x"});
  const Adapted adapted = Adapt(file);
  EXPECT_EQ(adapted.source, "");
  EXPECT_EQ(adapted.prefix, "");
  EXPECT_FALSE(adapted.IsCertain());
  EXPECT_EQ(adapted.tensors->Specs(), file.Specs());
  EXPECT_TRUE(Adapt(Names({})).tensors->Specs().empty());
}

TEST(Adapt, RenamesTensorsAndAccountsForTheRest) {
  const Names file({"model.patch_embed.proj.weight", "model.norm.bias",
                    "optimizer.0.step", "other"});
  const Adapted adapted = Adapt(file);
  EXPECT_EQ(NamesIn(*adapted.tensors),
            std::vector<std::string>({"patch_embed.proj.weight", "norm.bias"}));
  EXPECT_EQ(adapted.tensors->View("norm.bias").spec.name, "norm.bias");
  ASSERT_EQ(adapted.used.size(), 2U);
  EXPECT_EQ(adapted.used[1].name, "model.norm.bias");
  EXPECT_EQ(adapted.used[1].timm, "norm.bias");
  ASSERT_EQ(adapted.ignored.size(), 2U);
  EXPECT_THAT(adapted.ignored[0].reason, testing::HasSubstr("optimiser"));
  EXPECT_THAT(adapted.ignored[1].reason, testing::HasSubstr("'model.'"));
}

TEST(Adapt, RefusesWhatASourceShouldNotHave) {
  const Adapted adapted =
      Adapt(Names({"patch_embed.proj.weight", "head.weight", "extra.weight"}));
  ASSERT_EQ(adapted.refused.size(), 1U);
  EXPECT_EQ(adapted.refused[0].name, "extra.weight");
  EXPECT_EQ(adapted.refused[0].reason, "is no tensor of timm");
  EXPECT_FALSE(adapted.IsCertain());
  // Others may know it by its name: SwiGLU is refused with its reason.
  EXPECT_NE(adapted.tensors->Find("extra.weight"), nullptr);
}

// A Hugging Face ViT's names with the shapes of `shapes`.
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

std::string RefusalOf(const HfVit& file) {
  const Adapted adapted = Adapt(file);
  return adapted.refused.empty()
             ? ""
             : adapted.refused[0].name + " " + adapted.refused[0].reason;
}

TEST(Adapt, PutsPartsTogether) {
  const HfVit file;
  const Adapted adapted = Adapt(file);
  EXPECT_EQ(adapted.tensors->Find("blocks.0.attn.qkv.weight")->shape,
            (Shape{6, 2}));
  EXPECT_TRUE(adapted.refused.empty());
}

TEST(Adapt, RefusesPartsThatDoNotGoTogether) {
  const std::string key = std::string(HfVit::kAttention) + "key.weight";
  HfVit missing;
  missing.Remove(key);
  EXPECT_THAT(RefusalOf(missing),
              testing::HasSubstr("other parts are missing"));
  HfVit other_shape;
  other_shape.Add(key, {2, 3});
  EXPECT_THAT(RefusalOf(other_shape),
              testing::HasSubstr("key.weight does not go with"));
  HfVit other_type;
  other_type.Add(key, {2, 2}, DType::kF16);
  EXPECT_THAT(RefusalOf(other_type), testing::HasSubstr("does not go with"));
  HfVit scalar;
  scalar.Add(key, {});
  EXPECT_THAT(RefusalOf(scalar), testing::HasSubstr("has shape []"));
  HfVit twice;  // the name of a file, and that of a state dict of 5.x
  twice.Add("vit.layers.0.attention.k_proj.weight", {2, 2});
  EXPECT_THAT(RefusalOf(twice), testing::HasSubstr("and so is"));
  HfVit huge;  // no elements, and a size that tripled is none
  for (const char* name : {"query", "key", "value"}) {
    huge.Add(fmt::format("{}{}.weight", HfVit::kAttention, name),
             {int64_t{1} << 62, 0});
  }
  EXPECT_THAT(RefusalOf(huge), testing::HasSubstr("has shape"));
}

TEST(Adapt, TakesNoNumberThatNoProgramWrites) {
  const Adapted adapted = Adapt(
      Names({"patch_embed.proj.weight", "head.weight", "blocks.01.norm1.bias",
             "blocks.99999.norm1.bias", "blocks..norm1.bias"}));
  EXPECT_EQ(adapted.refused.size(), 3U);
}

}  // namespace
}  // namespace wsel::naming
