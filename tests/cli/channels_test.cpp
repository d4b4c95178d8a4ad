// Images of five channels through every command that reads images.

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/run_wsel.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A data set of two classes, of 8 and of 16 bits, and a recipe.
class FiveChannels : public testing::Test {
 protected:
  FiveChannels() {
    const fs::path golden =
        fs::path(WSEL_SOURCE_DIR) / "tests/golden/image/channels";
    for (const char* split : {"train", "val", "test"}) {
      for (const auto& [name, file] :
           {std::pair("a", "5-planes.tif"), {"b", "5-16-planes.tif"}}) {
        const fs::path folder = folder_ / "data" / split / name;
        fs::create_directories(folder);
        for (const char* copy : {"1.tif", "2.tif"}) {
          fs::copy(golden / file, folder / copy);
        }
      }
    }
    WriteTextFile(folder_ / "r.json", R"({
      "model": {"name": "vit_tiny", "img_size": 16, "patch_size": 8,
                "embed_dim": 16, "depth": 2, "num_heads": 2},
      "data": {"name": "folder"},
      "train": {"epochs": 2, "warmup_epochs": 1, "batch_size": 4,
                "mixup_batch": 2, "precision": "fp32"}
    })");
  }

  Outcome Train(const std::string& output, const std::string& data,
                const std::vector<std::string>& more) const {
    std::vector<std::string> args = {
        "train",    "--config",  "r.json",   "--data-root", data,
        "--output", output,      "--device", "cpu",         "--threads",
        "1",        "--workers", "1"};
    args.insert(args.end(), more.begin(), more.end());
    return RunWsel(folder_, args);
  }
  Outcome TrainFive(const std::string& output,
                    const std::vector<std::string>& more = {}) const {
    std::vector<std::string> args = {"--in-chans", "5",
                                     "--set",      "data.mean=[0.5]",
                                     "--set",      "data.std=[0.25]"};
    args.insert(args.end(), more.begin(), more.end());
    return Train(output, "data", args);
  }
  Outcome Run(const std::vector<std::string>& args) const {
    Outcome outcome = RunWsel(folder_, args);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome;
  }

  const std::string rgb_ =
      (fs::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders").string();
  TempFolder folder_;
};

TEST_F(FiveChannels, AreTrainedOnAndEvaluated) {
  const Outcome missing = Train("run", "data", {"--in-chans", "5"});
  EXPECT_EQ(missing.exit_code, 3) << missing.err;
  EXPECT_THAT(missing.err,
              AllOf(HasSubstr("data.mean: is missing"),
                    HasSubstr("--mean and --std"), HasSubstr("--in-chans 5")));
  const Outcome run = TrainFive("run");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("input       16 px, 5 channels, mean 0.5,"));
  EXPECT_THAT(run.err, AllOf(HasSubstr("augment.rand_augment \"\", not"),
                             HasSubstr("values of 16 bits become 8 bits")));
  const auto file = checkpoint::Open(folder_ / "run" / "last.safetensors");
  EXPECT_EQ(file->Find("patch_embed.proj.weight")->shape, (Shape{16, 5, 8, 8}));
  EXPECT_EQ(file->metadata().at("wsel.mean"), "[0.5,0.5,0.5,0.5,0.5]");

  const Outcome eval =
      Run({"eval", "--checkpoint", "run/last.safetensors", "--dataset",
           "folder", "--data-root", "data", "--json"});
  const auto result = ParseJson(eval.out, "stdout", ErrorKind::kFormat);
  EXPECT_EQ(result["images"]["std"]["value"].size(), 5U);
  const Outcome predicted =
      Run({"predict", "run/last.safetensors", "data/test/a"});
  EXPECT_THAT(predicted.out, HasSubstr("data/test/a/2.tif"));
  Run({"probe", "--checkpoint", "run/last.safetensors", "--dataset", "folder",
       "--data-root", "data"});
  Run({"export", "run/last.safetensors", "m.onnx", "--preprocess"});
  const Outcome int8 =
      Run({"export", "run/last.safetensors", "q.onnx", "--quantize", "int8",
           "--dataset", "folder", "--data-root", "data"});
  EXPECT_THAT(int8.err, HasSubstr("calibrating with all 4 images"));
}

TEST_F(FiveChannels, BeginWithWeightsOfRgbImages) {
  const Outcome rgb = Train("rgb", rgb_, {});
  ASSERT_EQ(rgb.exit_code, 0) << rgb.err;
  const Outcome tuned =
      TrainFive("tuned", {"--init", "rgb/last.safetensors", "--set",
                          "init.reset_classifier=true"});
  EXPECT_EQ(tuned.exit_code, 0) << tuned.err;
  EXPECT_THAT(tuned.err, HasSubstr("adapted from 3 to 5 image channels"));
}

TEST_F(FiveChannels, MayBeListed) {
  WriteTextFile(folder_ / "labels.csv",
                "file,label,split\n"
                "train/a/1.tif,x,train\ntrain/b/1.tif,y,train\n"
                "train/a/2.tif,x,train\ntrain/b/2.tif,y,train\n"
                "val/a/1.tif,x,val\nval/b/1.tif,y,val\n"
                "test/a/1.tif,x,test\ntest/b/1.tif,y,test\n");
  const Outcome run = TrainFive("run", {"--labels", "labels.csv"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
}

TEST_F(FiveChannels, AreNotMixedWithOtherImages) {
  const Outcome rgb = Train("run", rgb_,
                            {"--in-chans", "5", "--set", "data.mean=[0.5]",
                             "--set", "data.std=[0.25]"});
  EXPECT_EQ(rgb.exit_code, 5);
  EXPECT_THAT(rgb.err,
              AllOf(HasSubstr("3 channels (RGB)"), HasSubstr("images of 5"),
                    HasSubstr("--in-chans"), HasSubstr(rgb_)));
  const Outcome three = Train("three", "data", {});
  EXPECT_EQ(three.exit_code, 5);
  EXPECT_THAT(three.err,
              AllOf(HasSubstr(".tif: has 5 channels"), HasSubstr("images of 3"),
                    HasSubstr("--in-chans 5")));
}

TEST_F(FiveChannels, HaveNoPolicyOfColours) {
  const Outcome asked = TrainFive("run", {"--aa", "3a"});
  EXPECT_EQ(asked.exit_code, 3);
  EXPECT_THAT(asked.err, HasSubstr("5 channels have none"));
  const Outcome off = TrainFive("run", {"--augment", "none", "--dry-run"});
  EXPECT_EQ(off.exit_code, 0) << off.err;
  EXPECT_THAT(off.err, Not(HasSubstr("augment.rand_augment")));
}

// The values [0.5] of all channels are those of none of them.
TEST_F(FiveChannels, HaveAMeanEach) {
  const Outcome checked =
      Run({"datasets", "check", "folder", "data", "--in-chans", "5", "--split",
           "train", "--json"});
  const auto rows = ParseJson(checked.out, "stdout", ErrorKind::kFormat);
  ASSERT_EQ(rows[0]["channels"]["mean"].size(), 5U);
  for (const auto& mean : rows[0]["channels"]["mean"]) {
    EXPECT_NEAR(mean.get<double>(), 0.5, 0.05);
  }
  EXPECT_EQ(rows[0]["corrupt"].size(), 0U);
}

}  // namespace
}  // namespace wsel
