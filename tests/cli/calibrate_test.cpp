// Students by calibration images.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/calibrated_init.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/text_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Calibrate : public CalibratedInit {
 protected:
  Calibrate() { WriteConfig("student.json", 12, 2); }

  // wsel init of the student on the four images, and `more`.
  Outcome Init(const std::vector<std::string>& more) const {
    return InitAs("--student", "student.json", more);
  }
};

TEST_F(Calibrate, WritesStudentsAndTheirAgreement) {
  for (const char* method :
       {"uniform", "activation", "regression", "projection"}) {
    const Outcome made = Init(
        {"--method", method, "--head", "reuse", "--output", "s.safetensors"});
    ASSERT_EQ(made.exit_code, 0) << method << made.err;
    EXPECT_THAT(made.out,
                AllOf(HasSubstr("images   4 of folder train, seed 0, SHA-256 "),
                      HasSubstr("% of these images"),
                      HasSubstr(" are classified as by the teacher"),
                      HasSubstr("energy kept, relative error"),
                      HasSubstr("  blocks.1 ")))
        << method;
    EXPECT_EQ(TensorsOf("s.safetensors").size(), 8U + 12 * 2) << method;
  }
}

// A fit to three of the four images leaves one.
TEST_F(Calibrate, AgreementIsOnImagesThatTheStudentWasNotFittedTo) {
  const Outcome made = Run(
      {"init", "--teacher", "teacher.safetensors", "--student", "student.json",
       "--method", "regression", "--head", "reuse", "--calibrate", "folder",
       "--data-root", kFolderSet, "--calibration-images", "3", "--output",
       "s.safetensors", "--save-plan", "plan.json"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out,
              AllOf(HasSubstr("images   3 of folder train"),
                    HasSubstr("% of 1 images that the student was not fitted "
                              "to are classified as by the teacher"),
                    HasSubstr("residual stream on 1 images that the student "
                              "was not fitted to: energy kept")));
  const json plan = json::parse(ReadText(folder_ / "plan.json"));
  EXPECT_EQ(plan["calibration"]["images"], 3);
  EXPECT_EQ(plan["calibration"]["agreement"]["held_out"], 1);
  const Outcome again =
      Run({"init", "--teacher", "teacher.safetensors", "--plan", "plan.json",
           "--data-root", kFolderSet, "--output", "b.safetensors"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(TensorsOf("b.safetensors"), TensorsOf("s.safetensors"));
}

TEST_F(Calibrate, ImagesNeedNoLabels) {
  const fs::path train = fs::path(kFolderSet) / "train";
  fs::create_directory(folder_ / "flat");
  for (const char* name : {"B/1.jpg", "b/10.JPEG", "b/2.jpg", "b/x/1.jpg"}) {
    const std::string file = fs::path(name).filename().string();
    fs::copy_file(train / name, folder_ / "flat" / (name[0] + file));
  }
  WriteTextFile(folder_ / "list.csv",
                "file,width\nB/1.jpg,32\nb/10.JPEG,9\nb/2.jpg,9\n");
  const auto init = [&](const std::string& method,
                        const std::vector<std::string>& images) {
    std::vector<std::string> args = {"init",
                                     "--teacher",
                                     "teacher.safetensors",
                                     "--student",
                                     "student.json",
                                     "--method",
                                     method,
                                     "--output",
                                     method + ".safetensors",
                                     "--calibrate",
                                     "folder",
                                     "--calibration-images",
                                     "3"};
    args.insert(args.end(), images.begin(), images.end());
    return Run(args);
  };
  const std::vector<std::string> flat = {"--data-root", "flat"};
  const std::vector<std::string> listed = {"--data-root", train.string(),
                                           "--labels", "list.csv"};
  for (const auto& images : {flat, listed}) {
    const Outcome made = init("regression", images);
    EXPECT_EQ(made.exit_code, 0) << made.err;
    EXPECT_THAT(made.err, HasSubstr("without labels"));
    const Outcome taylor = init("taylor", images);
    EXPECT_EQ(taylor.exit_code, 6);
    EXPECT_THAT(taylor.err, HasSubstr("needs labels, and the calibration "
                                      "images have none"));
    EXPECT_FALSE(fs::exists(folder_ / "taylor.safetensors"));
  }
  const Outcome classes =
      init("activation", {"--data-root", "flat", "--classes", "B"});
  EXPECT_EQ(classes.exit_code, 2);
  EXPECT_THAT(classes.err, HasSubstr("--classes: needs labels"));
  // Validation and test images are not for calibration.
  fs::rename(folder_ / "flat", folder_ / "test");
  const Outcome test = init("activation", {"--data-root", "."});
  EXPECT_EQ(test.exit_code, 4);
  EXPECT_THAT(test.err, HasSubstr("does not contain the data set folder"));
}

TEST_F(Calibrate, AResetClassifierHasNoTop1) {
  const Outcome made =
      Init({"--method", "projection", "--json", "--output", "s.safetensors"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const json calibration = json::parse(made.out)["calibration"];
  EXPECT_EQ(calibration["images"], 4);
  EXPECT_FALSE(calibration["agreement"].contains("top1"));
  EXPECT_EQ(calibration["agreement"]["stream"].size(), 2U);
}

TEST_F(Calibrate, APlanIsReplayedOnTheSameImagesOnly) {
  for (const char* method : {"regression", "projection"}) {
    ASSERT_EQ(
        Init({"--method", method, "--layers", "best", "--output",
              "a.safetensors", "--save-plan", "plan.json", "--threads", "1"})
            .exit_code,
        0);
    const auto replay = [&](const std::vector<std::string>& more) {
      std::vector<std::string> args = {
          "init",      "--teacher", "teacher.safetensors", "--plan",
          "plan.json", "--output",  "b.safetensors"};
      args.insert(args.end(), more.begin(), more.end());
      return Run(args);
    };
    const Outcome same = replay({"--data-root", kFolderSet, "--threads", "2"});
    ASSERT_EQ(same.exit_code, 0) << same.err;
    EXPECT_EQ(TensorsOf("a.safetensors"), TensorsOf("b.safetensors"));
    const auto plan = [&](const char* name) {
      return checkpoint::Open(folder_ / name)
          ->metadata()
          .at("wsel.plan.sha256");
    };
    EXPECT_EQ(plan("a.safetensors"), plan("b.safetensors"));
    const Outcome other =
        replay({"--data-root", kFolderSet, "--train-range", "0,3"});
    EXPECT_EQ(other.exit_code, 6);
    EXPECT_THAT(other.err, AllOf(HasSubstr("data_root: "),
                                 HasSubstr("are not those of the plan")));
    const Outcome none = replay({});
    EXPECT_EQ(none.exit_code, 2);
    EXPECT_THAT(none.err, HasSubstr("4 images of folder"));
    // As if it was made with another config.json beside the teacher.
    std::string other_mean = ReadText(folder_ / "plan.json");
    other_mean.replace(other_mean.find("0.485"), 5, "0.5");
    WriteTextFile(folder_ / "plan.json", other_mean);
    const Outcome inputs = replay({"--data-root", kFolderSet});
    EXPECT_EQ(inputs.exit_code, 6);
    EXPECT_THAT(inputs.err,
                AllOf(HasSubstr("is normalised with mean 0.485, 0.456"),
                      HasSubstr("the teacher of the plan with 0.5, 0.456")));
  }
}

// EVA-02 stores q, k and v, and a SwiGLU's halves, apart: a student that stores
// them whole has what they are together.
TEST_F(Calibrate, AStudentOfAKinFormIsFittedAndReplayed) {
  WriteTextFile(folder_ / "eva.json",
                R"({"base": "vit_tiny", "embed_dim": 24, "num_heads": 3,
                    "depth": 2, "img_size": 32, "patch_size": 8,
                    "num_classes": 7, "qkv": "separate", "mlp": "swiglu",
                    "rope": "axial"})");
  WriteTextFile(folder_ / "kin.json",
                R"({"base": "vit_tiny", "embed_dim": 16, "num_heads": 2,
                    "depth": 2, "img_size": 32, "patch_size": 8,
                    "num_classes": 7, "mlp": "swiglu-packed",
                    "rope": "axial"})");
  ASSERT_EQ(Run({"init", "--student", "eva.json", "--method", "xavier",
                 "--output", "eva.safetensors"})
                .exit_code,
            0);
  for (const char* method : {"activation", "regression", "projection"}) {
    const Outcome made =
        Run({"init", "--teacher", "eva.safetensors", "--student", "kin.json",
             "--calibrate", "folder", "--data-root", kFolderSet,
             "--calibration-images", "4", "--method", method, "--head", "reuse",
             "--output", "a.safetensors", "--save-plan", "plan.json"});
    ASSERT_EQ(made.exit_code, 0) << method << made.err;
    EXPECT_THAT(made.out,
                HasSubstr("% of these images (the student was fitted to them) "
                          "are classified as by the teacher"));
    const auto tensors = TensorsOf("a.safetensors");
    EXPECT_TRUE(tensors.contains("blocks.0.attn.qkv.weight")) << method;
    std::vector<std::string> replay = {
        "init",      "--teacher", "eva.safetensors", "--plan",
        "plan.json", "--output",  "b.safetensors"};
    if (method != std::string("activation")) {
      replay.insert(replay.end(), {"--data-root", kFolderSet});
    }
    const Outcome again = Run(replay);
    ASSERT_EQ(again.exit_code, 0) << method << again.err;
    EXPECT_EQ(TensorsOf("b.safetensors"), tensors) << method;
  }
}

TEST_F(Calibrate, APlanOfIndicesNeedsNoImages) {
  ASSERT_EQ(Init({"--method", "activation", "--output", "a.safetensors",
                  "--save-plan", "plan.json"})
                .exit_code,
            0);
  const std::vector<std::string> replay = {
      "init",      "--teacher", "teacher.safetensors", "--plan",
      "plan.json", "--output",  "b.safetensors"};
  ASSERT_EQ(Run(replay).exit_code, 0);
  EXPECT_EQ(TensorsOf("a.safetensors"), TensorsOf("b.safetensors"));
}

// wsel itself has plans by indices; what looks at images is wsel-torch's, and
// nothing is printed before that is known.
TEST_F(Calibrate, OnlyImagesNeedLibTorch) {
  ASSERT_EQ(Init({"--method", "activation", "--output", "a.safetensors",
                  "--save-plan", "indices.json"})
                .exit_code,
            0);
  ASSERT_EQ(Init({"--method", "regression", "--output", "a.safetensors",
                  "--save-plan", "solved.json"})
                .exit_code,
            0);
  setenv("WSEL_TORCH_FAULT", "is not here", /*replace=*/1);
  const auto replay = [&](const char* plan, std::vector<std::string> more) {
    more.insert(more.begin(),
                {"init", "--teacher", "teacher.safetensors", "--plan", plan});
    return Run(more);
  };
  const Outcome indices = replay("indices.json", {"--output", "b.safetensors"});
  const Outcome dry = replay("solved.json", {"--dry-run"});
  const Outcome solved = replay(
      "solved.json", {"--data-root", kFolderSet, "--output", "c.safetensors"});
  const Outcome images = Init({"--method", "activation", "--dry-run"});
  const Outcome missing =
      Run({"init", "--teacher", "teacher.safetensors", "--student",
           "student.json", "--calibrate", "cifar10", "--data-root", "gone",
           "--method", "regression", "--dry-run"});
  unsetenv("WSEL_TORCH_FAULT");
  for (const Outcome& run : {indices, dry, missing}) {
    EXPECT_EQ(run.exit_code, 0) << run.err;
  }
  for (const Outcome& run : {solved, images}) {
    EXPECT_EQ(run.exit_code, 4);
    EXPECT_EQ(run.out, "");
    EXPECT_THAT(run.err, HasSubstr("torch: is not here"));
  }
}

TEST_F(Calibrate, BestLayersAreListed) {
  const Outcome made = Init({"--layers", "best", "--dry-run"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("layers best: blocks dropped one by one"));
  EXPECT_THAT(made.out, Not(HasSubstr("energy kept")));
}

TEST_F(Calibrate, ADryRunListsMissingImages) {
  const Outcome dry =
      Run({"init", "--teacher", "teacher.safetensors", "--student",
           "student.json", "--calibrate", "cifar10", "--data-root", "gone",
           "--method", "activation", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(dry.out, AllOf(HasSubstr("missing  gone"),
                             HasSubstr("chosen by the calibration images")));
  const Outcome wet =
      Run({"init", "--teacher", "teacher.safetensors", "--student",
           "student.json", "--calibrate", "cifar10", "--data-root", "gone",
           "--method", "activation", "--output", "s.safetensors"});
  EXPECT_EQ(wet.exit_code, 4);
}

TEST_F(Calibrate, TaylorNeedsLabelsInTheTeachersClasses) {
  const Outcome made =
      Init({"--method", "taylor", "--output", "s.safetensors"});
  EXPECT_EQ(made.exit_code, 6) << made.err;
  EXPECT_THAT(made.err, HasSubstr("classes"));
  ASSERT_EQ(Run({"init", "--student", "teacher.json", "--num-classes", "2",
                 "--output", "teacher.safetensors"})
                .exit_code,
            0);
  const Outcome same = Init({"--method", "taylor", "--num-classes", "2",
                             "--output", "s.safetensors"});
  EXPECT_EQ(same.exit_code, 0) << same.err;
}

TEST_F(Calibrate, RejectsOptionsThatDoNotFit) {
  const auto rejected = [&](const std::vector<std::string>& args,
                            const std::string& part) {
    std::vector<std::string> line = {"init", "--teacher", "teacher.safetensors",
                                     "--output", "s.safetensors"};
    line.insert(line.end(), args.begin(), args.end());
    const Outcome made = Run(line);
    EXPECT_EQ(made.exit_code, 2) << part;
    EXPECT_THAT(made.err, HasSubstr(part));
  };
  const std::string student = "student.json";
  rejected({"--student", student, "--method", "projection"},
           "needs calibration images");
  rejected({"--student", student, "--layers", "best"},
           "needs calibration images");
  rejected({"--student", student, "--calibrate", "folder"},
           "--data-root: is missing");
  rejected({"--student", student, "--data-root", kFolderSet},
           "--calibrate: is missing");
  rejected({"--student", student, "--calibration-images", "4"},
           "needs --calibrate");
  rejected({"--student", student, "--calibrate", "folder", "--data-root",
            kFolderSet, "--calibration-images", "0"},
           "must be at least 1");
  rejected({"--student", student, "--calibrate", "folder", "--data-root",
            kFolderSet, "--method", "regression", "--skip", "norm"},
           "--skip");
  rejected(
      {"--plan", "p.json", "--calibrate", "folder", "--data-root", kFolderSet},
      "is determined by --plan");
  rejected({"--student-like", "teacher.safetensors", "--calibrate", "folder",
            "--data-root", kFolderSet},
           "applies only to ViT and ConvNeXt");
  EXPECT_FALSE(fs::exists(folder_ / "s.safetensors"));
}

constexpr const char* kSelectsByProjection = R"({
    "model": {"name": "vit_tiny", "img_size": 32, "patch_size": 8,
              "embed_dim": 12, "depth": 2, "num_heads": 3},
    "init": {"select": "projection"},
    "teacher": {"file": "teacher.safetensors"},
    "data": {"name": "folder"},
    "augment": {"crop": "random-resized"},
    "train": {"epochs": 1, "warmup_epochs": 0, "batch_size": 4,
              "mixup_batch": 2}})";

// A dry run lists images that are missing, and solves for nothing.
TEST_F(Calibrate, ADryRunOfATrainingNeedsNoImages) {
  WriteTextFile(folder_ / "r.json", kSelectsByProjection);
  const Outcome missing =
      Run({"train", "--config", "r.json", "--data-root", "gone", "--dry-run"});
  EXPECT_EQ(missing.exit_code, 0) << missing.err;
  EXPECT_THAT(missing.out, HasSubstr("missing     gone"));
  const Outcome there = Run(
      {"train", "--config", "r.json", "--data-root", kFolderSet, "--dry-run"});
  EXPECT_EQ(there.exit_code, 0) << there.err;
  EXPECT_THAT(there.out, Not(HasSubstr("residual stream")));
}

// A run calibrates on its own training images.
TEST_F(Calibrate, TrainingBeginsWithASolvedStudent) {
  WriteTextFile(folder_ / "r.json", kSelectsByProjection);
  const Outcome run =
      Run({"train", "--config", "r.json", "--data-root", kFolderSet, "--output",
           "run", "--device", "cpu", "--threads", "1", "--workers", "1"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("calibrated on"));
}

}  // namespace
}  // namespace wsel
