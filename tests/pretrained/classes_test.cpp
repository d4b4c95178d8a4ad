#include "wsel/pretrained/classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretrained/zero_checkpoint.h"
#include "throws.h"

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
