#include "wsel/pretrained/account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pretrained/zero_checkpoint.h"

namespace wsel::pretrained {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Account, OfAWholeModelIsCertain) {
  const TempFolder folder;
  const auto checkpoint =
      ZeroCheckpoint(folder, SmallVit(), {{run::kMeanKey, "[0.1, 0.2, 0.3]"}});
  const Account account = AccountOf(checkpoint, /*statistics=*/false);
  EXPECT_TRUE(account.certain);
  EXPECT_EQ(account.why_unknown, "");
  ASSERT_TRUE(account.facts);
  const std::string text = AccountText(account);
  EXPECT_THAT(text, HasSubstr("\nmodel      small\n"));
  EXPECT_THAT(text, HasSubstr("\nmetadata   " + std::string(run::kMeanKey) +
                              ": [0.1, 0.2, 0.3]\n"));
  EXPECT_THAT(text, Not(HasSubstr("min ")));
  const auto json = ToJson(account);
  EXPECT_EQ(json["model"]["name"], "small");
  EXPECT_EQ(json["missing"].size(), 0U);
  EXPECT_EQ(json["tensors"].size(), checkpoint.file->Specs().size());
  EXPECT_FALSE(json["tensors"][0].contains("stats"));
}

TEST(Account, HasStatisticsOfEachTensorOnlyIfAskedFor) {
  const TempFolder folder;
  const auto checkpoint = ZeroCheckpoint(folder, SmallVit());
  const Account account = AccountOf(checkpoint, /*statistics=*/true);
  EXPECT_EQ(account.statistics.size(), checkpoint.file->Specs().size());
  EXPECT_THAT(AccountText(account), HasSubstr("min 0  max 0  mean 0"));
  const auto json = ToJson(account);
  for (const auto& tensor : json["tensors"]) {
    EXPECT_EQ(tensor["stats"]["max"], 0) << tensor["name"];
  }
}

TEST(Account, OfAnUnknownModelSaysWhy) {
  const TempFolder folder;
  WriteZeros(folder / "b.safetensors", {{"a.weight", {2, 2}}});
  const auto checkpoint = Open((folder / "b.safetensors").string());
  Account account = AccountOf(checkpoint, /*statistics=*/false);
  EXPECT_FALSE(account.certain);
  EXPECT_FALSE(account.facts);
  EXPECT_NE(account.why_unknown, "");
  account.why_unknown = "by --model";  // as a command names it
  EXPECT_THAT(AccountText(account),
              HasSubstr("model      unknown: by --model\n"));
  const auto json = ToJson(account);
  EXPECT_TRUE(json["model"].is_null());
  EXPECT_EQ(json["unsupported_reason"], "by --model");
}

}  // namespace
}  // namespace wsel::pretrained
