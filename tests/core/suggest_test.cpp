#include "wsel/core/suggest.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace wsel {
namespace {

const std::vector<std::string> kModels = {"vit_tiny_patch16_224",
                                          "vit_small_patch16_224",
                                          "convnext_femto", "convnext_tiny"};

TEST(Suggest, FindsTypos) {
  EXPECT_EQ(Nearest("convnext_fento", kModels), "convnext_femto");
  EXPECT_EQ(Nearest("covnnext_femto", kModels), "convnext_femto");  // a swap
  EXPECT_EQ(Nearest("vit_tiny_patch16_24", kModels), "vit_tiny_patch16_224");
}

TEST(Suggest, FindsPrefixesHoweverShort) {
  EXPECT_EQ(Nearest("vit_t", kModels), "vit_tiny_patch16_224");
  EXPECT_EQ(Nearest("c", kModels), "convnext_femto");
}

TEST(Suggest, FindsNothingNear) {
  EXPECT_EQ(Nearest("resnet50", kModels), std::nullopt);
  EXPECT_EQ(Nearest("", kModels), std::nullopt);
  EXPECT_EQ(Nearest("vit", {}), std::nullopt);
}

// At most a third of the longer name may change.
TEST(Suggest, LimitsTheDistance) {
  EXPECT_EQ(Nearest("abcdxx", {"abcdef"}), "abcdef");
  EXPECT_EQ(Nearest("abcxxx", {"abcdef"}), std::nullopt);
}

TEST(Suggest, IgnoresVeryLongNames) {
  EXPECT_EQ(Nearest(std::string(1'000'000, 'v'), kModels), std::nullopt);
}

TEST(Suggest, PrefersTheFirstOfEquallyNear) {
  EXPECT_EQ(Nearest("cats", {"rats", "bats"}), "rats");
}

TEST(Unknown, SuggestsTheNearest) {
  EXPECT_EQ(Unknown("model", "convnext_fento", kModels),
            "unknown model 'convnext_fento': did you mean 'convnext_femto'?");
}

TEST(Unknown, ListsAllIfNothingIsNear) {
  EXPECT_EQ(Unknown("method", "x", {"uniform", "random"}),
            "unknown method 'x'; known: uniform, random");
}

}  // namespace
}  // namespace wsel
