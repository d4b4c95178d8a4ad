#include "wsel/pretrained/classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "pretrained/zero_checkpoint.h"
#include "throws.h"
#include "wsel/pretrained/published.h"

namespace wsel::pretrained {
namespace {

using enum ClassOrder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Names = std::vector<std::string>;

// A checkpoint with these names as metadata; "": none.
PretrainedCheckpoint Named(const TempFolder& folder, const std::string& names) {
  if (names.empty()) return ZeroCheckpoint(folder, SmallVit());
  return ZeroCheckpoint(folder, SmallVit(), {{run::kClassesKey, names}});
}

TEST(Classes, AreMatchedByName) {
  const TempFolder folder;
  const auto checkpoint = Named(folder, R"(["tea","coffee","milk"])");
  const auto outputs = [&](const Names& classes, ClassOrder order) {
    return RequireSameClasses(checkpoint, 3, classes, order);
  };
  EXPECT_THAT(outputs({"coffee", "milk", "tea"}, kNames), ElementsAre(1, 2, 0));
  EXPECT_THAT(outputs({"tea", "coffee", "milk"}, kNames), ElementsAre(0, 1, 2));
  EXPECT_THAT(outputs({"coffee", "milk", "tea"}, kTorchvision),
              ElementsAre(0, 1, 2));
  EXPECT_THAT(outputs({"1", "2", "3"}, kTorchvision), ElementsAre(0, 1, 2));
  // Of a data set whose files are missing nothing is known.
  EXPECT_THAT(outputs({"", "", ""}, kNames), IsEmpty());
}

TEST(Classes, OfOtherNamesAreListed) {
  const TempFolder folder;
  const auto checkpoint = Named(folder, R"(["tea","coffee","milk"])");
  ExpectError(
      [&] {
        RequireSameClasses(checkpoint, 3, {"coffee", "milk", "x"}, kNames);
      },
      ErrorKind::kMismatch,
      {"a.safetensors", "only the checkpoint has tea",
       "only the data set has x", "`class_order`"});
  const ClassMatch fewer =
      MatchClasses(checkpoint, 3, {"coffee", "milk"}, kNames);
  EXPECT_THAT(fewer.mismatch, AllOf(HasSubstr("only the checkpoint has tea"),
                                    testing::Not(HasSubstr("only the data"))));
  EXPECT_THAT(fewer.outputs, IsEmpty());
  EXPECT_TRUE(fewer.shares_names);
  EXPECT_FALSE(MatchClasses(checkpoint, 3, {"x", "y"}, kNames).shares_names);
}

// The order of timm 1.0's natural_key.
TEST(Classes, MayBeInTimmsOrder) {
  const TempFolder folder;
  const auto checkpoint = Named(folder, "");
  const auto outputs = [&](const Names& classes) {
    return RequireSameClasses(checkpoint, static_cast<int64_t>(classes.size()),
                              classes, kTimm);
  };
  EXPECT_THAT(outputs({"1", "10", "11", "2"}), ElementsAre(0, 2, 3, 1));
  EXPECT_THAT(outputs({"Zebra", "apple"}), ElementsAre(1, 0));
  EXPECT_THAT(outputs({"a", "a010", "a1", "a1b", "a9", "ab"}),
              ElementsAre(0, 4, 1, 2, 3, 5));
}

TEST(Classes, WithoutNamesKeepTheirPositions) {
  const TempFolder folder;
  const auto checkpoint = Named(folder, "");
  EXPECT_THAT(ClassNamesOf(checkpoint).names, IsEmpty());
  EXPECT_THAT(RequireSameClasses(checkpoint, 2, {"10", "9"}, kNames),
              ElementsAre(0, 1));
  EXPECT_THAT(RequireSameClasses(checkpoint, 2, {"a", "b", "c"}, kNames),
              IsEmpty());
}

// The tensors of a published model's weights, without metadata.
std::string PublishedFile(const TempFolder& folder, const std::string& name) {
  model::Config config = FindPublished(name)->model->Config().value();
  SetNumClasses(config, 1000);
  std::vector<TensorSpec> specs;
  for (const auto& parameter : ParameterSpecs(config)) {
    specs.push_back(parameter.spec);
    specs.back().dtype = DType::kF16;
  }
  std::string path = (folder / (name + ".safetensors")).string();
  std::vector<std::byte> zeros;
  for (const TensorSpec& spec : specs) {
    zeros.resize(std::max<size_t>(zeros.size(), *ByteCount(spec)));
  }
  checkpoint::Write(
      path, specs,
      [&](size_t i) { return std::span(zeros).first(*ByteCount(specs[i])); },
      {});
  return path;
}

TEST(Classes, OfPublishedWeightsAreImageNets) {
  for (const PublishedTag& tag : PublishedTags()) {
    if (tag.num_classes != 1000) continue;
    EXPECT_NE(tag.tag.find("in1k"), std::string_view::npos) << tag.tag;
  }
  const TempFolder folder;
  const auto published =
      Open(PublishedFile(folder, "vit_tiny_patch16_224.augreg_in21k_ft_in1k"));
  const ClassNames known = ClassNamesOf(published);
  ASSERT_EQ(known.names.size(), 1000U);
  EXPECT_TRUE(known.published);
  EXPECT_EQ(known.names[1], "n01443537");
  EXPECT_EQ(known.descriptions[1], "goldfish, Carassius auratus");
  // Synsets and words, in a folder of some of the classes.
  const Names some = {"goldfish", "n01440764", "Tailed_Frog"};
  const PartialMatch match = MatchSomeClasses(published, 1000, some);
  EXPECT_THAT(match.outputs, ElementsAre(1, 0, 32));
  EXPECT_FALSE(match.assumed);
  // A new classifier replaces it in training, as before.
  const ClassMatch fewer = MatchClasses(published, 1000, some, kNames);
  EXPECT_THAT(fewer.mismatch, HasSubstr("timm's vit_tiny_patch16_224"));
  EXPECT_FALSE(fewer.shares_names);
  // Two classes are called crane, and "x" none.
  EXPECT_THAT(MatchSomeClasses(published, 1000, {"crane"}).outputs, IsEmpty());
  EXPECT_THAT(MatchSomeClasses(published, 1000, {"goldfish", "x"}).outputs,
              IsEmpty());
}

TEST(Classes, OfOtherTagsAreUnknown) {
  const TempFolder folder;
  const auto unnamed = Open(PublishedFile(folder, "vit_tiny_patch16_224"));
  EXPECT_THAT(ClassNamesOf(unnamed).names, IsEmpty());
  EXPECT_TRUE(MatchSomeClasses(unnamed, 1000, {"n01443537"}).assumed);
  EXPECT_THAT(MatchSomeClasses(unnamed, 1000, {"n01443537"}).outputs,
              ElementsAre(1));
  EXPECT_THAT(MatchSomeClasses(unnamed, 1000, {"x"}).outputs, IsEmpty());
}

// A file's synsets match the words of folders, in any order of its outputs.
TEST(Classes, AreMatchedBySynset) {
  const TempFolder folder;
  const auto checkpoint = Named(folder, R"(["n01443537","n01440764"])");
  EXPECT_THAT(ClassNamesOf(checkpoint).descriptions,
              ElementsAre("goldfish, Carassius auratus", "tench, Tinca tinca"));
  EXPECT_THAT(RequireSameClasses(checkpoint, 2, {"tench", "goldfish"}, kNames),
              ElementsAre(1, 0));
}

TEST(Classes, MalformedNamesAreAnError) {
  for (const char* text : {"[1]", "{}", "\"a\"", "["}) {
    const TempFolder folder;
    const auto checkpoint = Named(folder, text);
    ExpectError([&] { ClassNamesOf(checkpoint); }, ErrorKind::kFormat,
                {"a.safetensors", run::kClassesKey});
  }
}

}  // namespace
}  // namespace wsel::pretrained
