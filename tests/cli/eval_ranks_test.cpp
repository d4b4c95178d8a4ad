// What the ranks of an evaluation must have alike.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "cli/launched_ranks.h"
#include "cli/ranks_run.h"
#include "cli/run_wsel.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kWeights = "0/last.safetensors";

class EvalOnRanks : public RanksCommand {
 protected:
  void SetUp() override {
    RanksCommand::SetUp();
    if (IsSkipped()) return;
    WriteTextFile(folder / "r.json", RanksRecipe(4));
    TrainWeights("0");
    fs::copy(kRanksData, folder / "data", fs::copy_options::recursive);
  }

  void TrainWeights(const std::string& seed) {
    const Outcome run = RunWsel(folder, TrainOnRanks(seed, {"--seed", seed}));
    ASSERT_EQ(run.exit_code, 0) << run.err;
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
    EXPECT_EQ(CountOf(ranks.Errors(),
                      "evaluation: is another one than that of "
                      "rank 0"),
              1U)
        << ranks.Errors();
    return ranks.Errors();
  }
};

TEST_F(EvalOnRanks, OtherWeightsAndOptionsAreNamed) {
  TrainWeights("1");
  const std::string errors = Differ(
      Eval(kWeights, "data"), Eval("1/last.safetensors", "data",
                                   {"--tta", "hflip", "--batch-size", "7"}));
  EXPECT_THAT(errors, HasSubstr("\n  checkpoint: weights "));
  EXPECT_THAT(errors, HasSubstr("\n  tta: hflip, on rank 0 none"));
  EXPECT_THAT(errors, HasSubstr("\n  batch_size: 7, on rank 0 0"));
  EXPECT_THAT(errors, Not(HasSubstr("\n  model: ")));
  EXPECT_THAT(errors, Not(HasSubstr("\n  mean: ")));
}

TEST_F(EvalOnRanks, OtherImagesAreNamed) {
  fs::copy(folder / "data", folder / "more", fs::copy_options::recursive);
  fs::copy(folder / "more/val/b/3.jpg", folder / "more/val/b/4.jpg");
  const std::string errors =
      Differ(Eval(kWeights, "data"), Eval(kWeights, "more"));
  EXPECT_THAT(errors, HasSubstr("\n  num_images: 3, on rank 0 2"));
  EXPECT_THAT(errors, HasSubstr("\n  images: names and labels "));
  EXPECT_THAT(errors, Not(HasSubstr("\n  classes: ")));
}

// Where the files lie does not matter.
TEST_F(EvalOnRanks, CopiesOfTheFilesAreTheSame) {
  Launched ranks(folder, 2);
  fs::copy(folder / kWeights, folder / "copy.safetensors");
  ranks.Start(Eval(kWeights, "data"));
  ranks.Start(Eval("copy.safetensors", kRanksData));
  EXPECT_EQ(ranks.Wait(0), 0) << ranks.Errors();
  EXPECT_EQ(ranks.Wait(1), 0) << ranks.Errors();
  EXPECT_THAT(ReadAll(folder / "out.0"), HasSubstr("2 images"));
}

}  // namespace
}  // namespace wsel
