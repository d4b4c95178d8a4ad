// Files of other libraries, by scripts/golden/naming.py: each source is
// recognised, and every tensor is accounted for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "naming/golden.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/model/detect.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/naming/remap_state_dict.h"

namespace wsel::naming {
namespace {

TEST(Sources, AreRecognised) {
  const auto cases = GoldenCases();
  EXPECT_GE(cases.size(), 35U);
  for (const Case& c : cases) {
    SCOPED_TRACE(c.file);
    const auto file = checkpoint::Open(c.path);
    const RemappedStateDict remapped = RemapStateDict(*file);
    EXPECT_EQ(remapped.source, c.source);
    EXPECT_EQ(remapped.prefix, c.prefix);
    EXPECT_TRUE(remapped.unexpected.empty())
        << remapped.unexpected[0].name << " " << remapped.unexpected[0].reason;
  }
}

TEST(Sources, AccountForEveryTensorOnce) {
  for (const Case& c : GoldenCases()) {
    SCOPED_TRACE(c.file);
    const auto file = checkpoint::Open(c.path);
    const RemappedStateDict remapped = RemapStateDict(*file);
    std::multiset<std::string> accounted;
    for (const UsedKey& used : remapped.used) accounted.insert(used.name);
    std::vector<std::string> ignored;
    for (const UnusedKey& unused : remapped.ignored) {
      accounted.insert(unused.name);
      EXPECT_FALSE(unused.reason.empty());
      if (unused.name.starts_with(c.prefix)) ignored.push_back(unused.name);
    }
    std::multiset<std::string> all;
    for (const TensorSpec& spec : file->Specs()) all.insert(spec.name);
    EXPECT_EQ(accounted, all);
    EXPECT_THAT(ignored, testing::UnorderedElementsAreArray(c.ignored));
  }
}

TEST(Sources, HaveEveryParameterOfTheirModelInItsShape) {
  for (const Case& c : GoldenCases()) {
    SCOPED_TRACE(c.file);
    const auto file = checkpoint::Open(c.path);
    const RemappedStateDict remapped = RemapStateDict(*file);
    const auto detection =
        model::Detect(*remapped.tensors,
                      {.no_final_norm = remapped.pretrained_cfg.no_final_norm});
    ASSERT_TRUE(detection);
    const auto parameters = ParameterSpecs(detection->config);
    EXPECT_EQ(remapped.tensors->Specs().size(), parameters.size());
    for (const model::ParameterSpec& parameter : parameters) {
      const TensorSpec* found = remapped.tensors->Find(parameter.spec.name);
      ASSERT_NE(found, nullptr) << parameter.spec.name;
      EXPECT_EQ(found->shape, parameter.spec.shape) << parameter.spec.name;
      const TensorView view = remapped.tensors->View(parameter.spec.name);
      EXPECT_EQ(view.spec, *found);
    }
  }
}

// Tensors that are only renamed share the file's memory; copies have an owner.
TEST(Sources, CopyOnlyMergedTensors) {
  const auto file = checkpoint::Open(GoldenFolder() / "hf_vit.safetensors");
  const RemappedStateDict remapped = RemapStateDict(*file);
  for (const TensorSpec& spec : remapped.tensors->Specs()) {
    const bool fused = spec.name.find(".qkv.") != std::string::npos;
    const TensorView view = remapped.tensors->View(spec.name);
    EXPECT_EQ(view.owner != nullptr, fused) << spec.name;
  }
}

}  // namespace
}  // namespace wsel::naming
