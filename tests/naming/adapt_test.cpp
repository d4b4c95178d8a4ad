#include "wsel/naming/adapt.h"

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

TEST(Adapt, LeavesPlainNames) {
  const Names file({"patch_embed.proj.weight", "head.bias"});
  const Adapted adapted = Adapt(file);
  EXPECT_EQ(adapted.prefix, "");
  EXPECT_EQ(adapted.tensors->Specs(), file.Specs());
  EXPECT_TRUE(adapted.ignored.empty());
}

TEST(Adapt, LooksThroughWrappers) {
  const std::string anchor = "patch_embed.proj.weight";
  for (const std::string prefix :
       {"model.", "state_dict.", "state_dict.module.", "model._orig_mod.",
        "module._orig_mod.", "state_dict_ema.", "model_ema.module."}) {
    EXPECT_EQ(PrefixOf({prefix + anchor, "epoch"}), prefix);
  }
  EXPECT_EQ(PrefixOf({"model.stem.0.weight"}), "model.");
}

TEST(Adapt, PrefersTheMovingAverageAsTimmDoes) {
  const std::string anchor = "patch_embed.proj.weight";
  EXPECT_EQ(PrefixOf({"model." + anchor, "model_ema." + anchor}), "model_ema.");
  EXPECT_EQ(PrefixOf({"state_dict." + anchor, "state_dict_ema." + anchor}),
            "state_dict_ema.");
  EXPECT_EQ(PrefixOf({"model." + anchor, anchor}), "");
}

TEST(Adapt, KnowsNoOtherPrefix) {
  EXPECT_EQ(PrefixOf({"decoder.patch_embed.proj.weight"}), "");
  EXPECT_EQ(PrefixOf({}), "");
}

TEST(Adapt, RenamesTensorsAndAccountsForTheRest) {
  const Names file(
      {"model.patch_embed.proj.weight", "model.norm.bias", "optimizer.0.step"});
  const Adapted adapted = Adapt(file);
  ASSERT_EQ(adapted.tensors->Specs().size(), 2U);
  EXPECT_EQ(adapted.tensors->Specs()[1].name, "norm.bias");
  EXPECT_EQ(adapted.tensors->View("norm.bias").spec.name, "norm.bias");
  ASSERT_EQ(adapted.ignored.size(), 1U);
  EXPECT_EQ(adapted.ignored[0].name, "optimizer.0.step");
  EXPECT_THAT(adapted.ignored[0].reason, testing::HasSubstr("'model.'"));
}

}  // namespace
}  // namespace wsel::naming
