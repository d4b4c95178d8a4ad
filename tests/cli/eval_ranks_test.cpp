// What the ranks of an evaluation must have alike.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/launched_ranks.h"
#include "cli/ranks_run.h"
#include "cli/run_wsel.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class EvalOnRanks : public RanksCommand {
 protected:
  void SetUp() override {
    RanksCommand::SetUp();
    if (IsSkipped()) return;
    DrawWeights("1", "a.safetensors");
    fs::copy(kRanksData, folder / "data", fs::copy_options::recursive);
  }

  void DrawWeights(const std::string& seed, const std::string& output) {
    const Outcome init =
        RunWsel(folder, {"init", "--student", "vit_tiny", "--embed-dim", "12",
                         "--depth", "1", "--img-size", "32", "--num-classes",
                         "2", "--seed", seed, "--output", output});
    ASSERT_EQ(init.exit_code, 0) << init.err;
  }

  static std::vector<std::string> Eval(
      const std::string& checkpoint, const std::string& data,
      const std::vector<std::string>& more = {}) {
    std::vector<std::string> args = {"eval",      "--checkpoint", checkpoint,
                                     "--dataset", "folder",       "--data-root",
                                     data,        "--device",     "cpu"};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }

  // The errors of two ranks that differ.
  std::string Differ(const std::vector<std::string>& first,
                     const std::vector<std::string>& second) {
    Launched ranks(folder, 2);
    ranks.Start(first);
    ranks.Start(second);
    EXPECT_EQ(ranks.Wait(0), 3) << ranks.Errors();
    EXPECT_EQ(ranks.Wait(1), 3) << ranks.Errors();
    EXPECT_EQ(ReadAll(folder / "out.0") + ReadAll(folder / "out.1"), "");
    EXPECT_EQ(CountOf(ranks.Errors(), "wsel: "), 1U) << ranks.Errors();
    EXPECT_EQ(CountOf(ranks.Errors(), "eval: is another one than that of"), 1U)
        << ranks.Errors();
    return ranks.Errors();
  }
};

TEST_F(EvalOnRanks, AnotherCheckpointAndOptionsAreNamed) {
  DrawWeights("2", "b.safetensors");
  const std::string errors =
      Differ(Eval("a.safetensors", "data"),
             Eval("b.safetensors", "data",
                  {"--tta", "hflip", "--class-order", "timm"}));
  EXPECT_THAT(errors, HasSubstr("\n  checkpoint: \""));
  EXPECT_THAT(errors, HasSubstr("\n  tta: \"none\", here \"hflip\""));
  EXPECT_THAT(errors, HasSubstr("\n  class_order: \"names\", here \"timm"));
  EXPECT_THAT(errors, Not(HasSubstr("\n  model: ")));
  EXPECT_THAT(errors, Not(HasSubstr("\n  facts.")));
}

TEST_F(EvalOnRanks, OtherImagesAreNamed) {
  fs::copy(folder / "data", folder / "more", fs::copy_options::recursive);
  fs::copy(folder / "more/val/b/3.jpg", folder / "more/val/b/4.jpg");
  const std::string errors =
      Differ(Eval("a.safetensors", "data"), Eval("a.safetensors", "more"));
  EXPECT_THAT(errors, HasSubstr("\n  test.images: 2, here 3"));
  EXPECT_THAT(errors, HasSubstr("\n  test.digest: \""));
  EXPECT_THAT(errors, Not(HasSubstr("\n  test.classes: ")));
}

// Where the files lie does not matter.
TEST_F(EvalOnRanks, CopiesOfTheFilesAreTheSame) {
  fs::copy(folder / "a.safetensors", folder / "copy.safetensors");
  Launched ranks(folder, 2);
  ranks.Start(Eval("a.safetensors", "data"));
  ranks.Start(Eval("copy.safetensors", kRanksData));
  EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
  EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
  EXPECT_THAT(ReadAll(folder / "out.0"), HasSubstr("2 images"));
}

}  // namespace
}  // namespace wsel
