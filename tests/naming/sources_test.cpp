// Files of the real libraries, by scripts/golden/naming.py: each is told for
// what it is, and no tensor is left unaccounted for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "naming/golden.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/model/detect.h"
#include "wsel/model/layout.h"
#include "wsel/naming/adapt.h"

namespace wsel::naming {
namespace {

TEST(Sources, AreToldByTheirFiles) {
  const auto cases = GoldenCases();
  EXPECT_GE(cases.size(), 35U);
  for (const Case& c : cases) {
    SCOPED_TRACE(c.file);
    const auto file = checkpoint::Open(c.path);
    const Adapted adapted = Adapt(*file);
    EXPECT_EQ(adapted.source, c.source);
    EXPECT_EQ(adapted.prefix, c.prefix);
    EXPECT_TRUE(adapted.refused.empty())
        << adapted.refused[0].name << " " << adapted.refused[0].reason;
  }
}

TEST(Sources, AccountForEveryTensorOnce) {
  for (const Case& c : GoldenCases()) {
    SCOPED_TRACE(c.file);
    const auto file = checkpoint::Open(c.path);
    const Adapted adapted = Adapt(*file);
    std::multiset<std::string> accounted;
    for (const Used& used : adapted.used) accounted.insert(used.name);
    std::vector<std::string> ignored;
    for (const Unused& unused : adapted.ignored) {
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

TEST(Sources, GiveEveryTensorOfTheirModelInItsShape) {
  for (const Case& c : GoldenCases()) {
    SCOPED_TRACE(c.file);
    const auto file = checkpoint::Open(c.path);
    const Adapted adapted = Adapt(*file);
    const auto detection = model::Detect(*adapted.tensors);
    ASSERT_TRUE(detection);
    const auto layout = Layout(detection->config);
    EXPECT_EQ(adapted.tensors->Specs().size(), layout.size());
    for (const model::ModelTensor& tensor : layout) {
      const TensorSpec* found = adapted.tensors->Find(tensor.spec.name);
      ASSERT_NE(found, nullptr) << tensor.spec.name;
      EXPECT_EQ(found->shape, tensor.spec.shape) << tensor.spec.name;
      const TensorView view = adapted.tensors->View(tensor.spec.name);
      EXPECT_EQ(view.spec, *found);
    }
  }
}

// What is only renamed shares the file's memory; a copy has an owner.
TEST(Sources, CopyNothingThatNeedNotBeCopied) {
  const auto file = checkpoint::Open(GoldenFolder() / "hf_vit.safetensors");
  const Adapted adapted = Adapt(*file);
  for (const TensorSpec& spec : adapted.tensors->Specs()) {
    const bool fused = spec.name.find(".qkv.") != std::string::npos;
    const TensorView view = adapted.tensors->View(spec.name);
    EXPECT_EQ(view.owner != nullptr, fused) << spec.name;
  }
}

}  // namespace
}  // namespace wsel::naming
