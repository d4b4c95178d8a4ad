#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/run_wsel.h"
#include "wsel/core/atomic_file.h"
#include "wsel/plot/gnuplot.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

const std::string kImages =
    (fs::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders").string();

bool HasGnuplot() { return plot::RunGnuplot("").has_value(); }

bool IsPng(const fs::path& path) {
  return fs::exists(path) && ReadAll(path).starts_with("\x89PNG");
}

// A teacher twice as wide as the student selected from it.
class Analyze : public testing::Test {
 protected:
  Analyze() {
    Init({"--student", "vit_tiny", "--img-size", "16", "--patch-size", "8",
          "--embed-dim", "24", "--depth", "2", "--output", "teacher.pth"});
    Init({"--student", "vit_tiny", "--img-size", "16", "--patch-size", "8",
          "--embed-dim", "12", "--depth", "2", "--output",
          "student.safetensors"});
    Init({"--student", "convnext_atto", "--embed-dim", "8,16,24,32", "--depth",
          "1,1,2,1", "--output", "convnext.safetensors"});
    WriteStudentFile();
  }

  void Init(Words args) const {
    args.insert(args.begin(), "init");
    const Outcome init = RunWsel(folder_, args);
    EXPECT_EQ(init.exit_code, 0) << init.err;
  }
  void WriteStudentFile() const {
    WriteTextFile(folder_ / "small.json",
                  R"({"base": "vit_tiny", "img_size": 16, "patch_size": 8,
                      "embed_dim": 12, "depth": 2, "num_heads": 3})");
  }
  Outcome Run(const std::string& what, const Words& more) const {
    Words args = {"analyze", what, "--output", "out"};
    args.insert(args.end(), more.begin(), more.end());
    return RunWsel(folder_, args);
  }
  Outcome Features(const Words& more) const {
    Words args = {"--dataset", "folder", "--data-root", kImages};
    args.insert(args.end(), more.begin(), more.end());
    return Run("features", args);
  }

  TempFolder folder_;
};

// The values after a header of a multiple of 64 bytes.
std::vector<float> ValuesOf(const fs::path& npy, size_t count) {
  const std::string bytes = ReadAll(npy);
  std::vector<float> values(count);
  const size_t size = count * sizeof(float);
  EXPECT_GT(bytes.size(), size);
  EXPECT_EQ((bytes.size() - size) % 64, 0);
  std::memcpy(values.data(), bytes.data() + bytes.size() - size, size);
  return values;
}

TEST_F(Analyze, AttentionIsFigure5) {
  const Outcome run =
      Run("attention", {"--teacher", "teacher.pth", "--student", "small.json",
                        "--checkpoint", "student.safetensors", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json result = json::parse(run.out);
  std::vector<std::string> names;
  for (const json& matrix : result["matrices"]) {
    names.push_back(matrix["model"]);
    const int64_t width = matrix["width"];
    const auto values =
        ValuesOf(folder_ / "out" / matrix["file"].get<std::string>(),
                 static_cast<size_t>(width * width));
    double diagonal = 0;
    for (int64_t i = 0; i < width; ++i) {
      diagonal += values[static_cast<size_t>(i * width + i)];
    }
    EXPECT_NEAR(matrix["diagonal_mean"].get<double>(),
                diagonal / static_cast<double>(width), 1e-6);
  }
  EXPECT_THAT(
      names,
      ElementsAre("random (timm)", "teacher", "selected (uniform)", "student",
                  "random (timm)", "teacher", "selected (uniform)", "student"));
  EXPECT_EQ(IsPng(folder_ / "out/attention.png"), HasGnuplot());
}

TEST_F(Analyze, AttentionNeedsAViT) {
  const Outcome run =
      Run("attention", {"--checkpoint", "convnext.safetensors"});
  EXPECT_EQ(run.exit_code, 6);
  EXPECT_THAT(run.err, HasSubstr("no attention"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  const Outcome block =
      Run("attention", {"--checkpoint", "student.safetensors", "--block", "2"});
  EXPECT_EQ(block.exit_code, 2);
  EXPECT_THAT(block.err, HasSubstr("2 blocks"));
}

TEST_F(Analyze, WeightsOfBothFamilies) {
  const Outcome run = Run("weights", {"--checkpoint", "convnext.safetensors",
                                      "--checkpoint", "student.safetensors"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("stages.2.blocks.1.conv_dw.weight"),
                             HasSubstr("blocks.1.attn.qkv.weight"),
                             HasSubstr("effective rank")));
  const std::string csv = ReadAll(folder_ / "out/weights.csv");
  EXPECT_THAT(csv, HasSubstr("\nstudent,blocks.0.norm1.weight,12,1,0,1,1,0,"));
  EXPECT_THAT(csv, HasSubstr("\nconvnext,stem.0.weight,8x3x4x4,"));
  EXPECT_EQ(IsPng(folder_ / "out/weights.png"), HasGnuplot());
  const json result = json::parse(
      Run("weights", {"--checkpoint", "student.safetensors", "--json"}).out);
  EXPECT_EQ(result[0]["model"], "student");
  EXPECT_EQ(result[0]["tensors"][0]["tensor"], "cls_token");
}

TEST_F(Analyze, FeaturesOfSeveralInitialisations) {
  const Outcome run =
      Features({"--teacher", "teacher.pth", "--student", "small.json",
                "--method", "timm,mimetic,uniform,l1", "--checkpoint",
                "convnext.safetensors", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json result = json::parse(run.out);
  EXPECT_EQ(result["num_images"], 4);
  std::vector<std::string> names;
  for (const json& model : result["models"]) {
    names.push_back(model["model"]);
    for (const json& block : model["blocks"]) {
      EXPECT_EQ(block["teacher_cka"].size(), 3);
      EXPECT_GT(block["rms"].get<double>(), 0);
      // Four images, centred.
      EXPECT_LE(block["effective_rank"].get<double>(), 3.001);
      const bool comparable = block["width"] == 24;
      EXPECT_NE(block["teacher_cosine"][0].is_null(), comparable);
    }
  }
  EXPECT_THAT(names,
              ElementsAre("random (timm)", "random (mimetic)", "teacher",
                          "selected (uniform)", "selected (l1)", "convnext"));
  const json& teacher = result["models"][2]["blocks"];
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(teacher[i]["teacher_cka"][i].get<double>(), 1, 1e-9);
    EXPECT_NEAR(teacher[i]["teacher_cosine"][i].get<double>(), 1, 1e-6);
  }
  EXPECT_EQ(result["models"][5]["blocks"][5]["block"], "stages.3.blocks.0");
  EXPECT_THAT(ReadAll(folder_ / "out/similarity.csv"),
              HasSubstr("\nteacher,blocks.1,blocks.1,1"));
  EXPECT_THAT(ReadAll(folder_ / "out/depth.csv"),
              HasSubstr("\nselected (l1),embed,12,"));
  EXPECT_EQ(IsPng(folder_ / "out/depth.png"), HasGnuplot());
  EXPECT_EQ(IsPng(folder_ / "out/similarity.png"), HasGnuplot());
}

TEST_F(Analyze, WithoutATeacherFeaturesAreNotCompared) {
  const Outcome run = Features({"--checkpoint", "student.safetensors"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, Not(HasSubstr("CKA")));
  EXPECT_TRUE(fs::exists(folder_ / "out/depth.csv"));
  EXPECT_FALSE(fs::exists(folder_ / "out/similarity.csv"));
}

TEST_F(Analyze, WithoutGnuplotOnlyTablesAreWritten) {
  const std::string line =
      "cd '" + folder_.path().string() + "' && PATH=/nowhere '" + WSEL_BINARY +
      "' analyze weights --checkpoint student.safetensors --output out >o 2>e";
  EXPECT_EQ(WEXITSTATUS(std::system(line.c_str())), 0);
  EXPECT_THAT(ReadAll(folder_ / "e"),
              AllOf(HasSubstr("gnuplot-nox"), HasSubstr("weights.png")));
  EXPECT_TRUE(fs::exists(folder_ / "out/weights.csv"));
  EXPECT_FALSE(fs::exists(folder_ / "out/weights.png"));
}

TEST_F(Analyze, FilesOfTheSameNameGetUniqueNames) {
  for (const char* folder : {"a", "b"}) {
    fs::create_directory(folder_ / folder);
    fs::copy_file(folder_ / "student.safetensors",
                  folder_ / folder / "best.safetensors");
  }
  const json result = json::parse(
      Run("attention", {"--checkpoint", "a/best.safetensors", "--checkpoint",
                        "b/best.safetensors", "--checkpoint",
                        "b/best.safetensors", "--json"})
          .out);
  std::set<std::string> names;
  std::set<std::string> files;
  for (const json& matrix : result["matrices"]) {
    names.insert(matrix["model"]);
    files.insert(matrix["file"]);
  }
  EXPECT_THAT(names, ElementsAre("a/best.safetensors", "b/best.safetensors",
                                 "b/best.safetensors (2)"));
  EXPECT_EQ(files.size(), 6);
}

TEST_F(Analyze, ReportsMissingOptions) {
  struct Case {
    Words args;
    std::string message;
  };
  for (const Case& c :
       {Case{{"weights", "--output", "o"}, "needs a model: --teacher FILE"},
        Case{{"weights", "--checkpoint", "student.safetensors"}, "--output"},
        Case{{"weights", "--method", "timm", "--teacher", "teacher.pth",
              "--output", "o"},
             "needs --student"},
        Case{{"weights", "--student", "vit_tiny", "--method", "unifrom",
              "--output", "o"},
             "did you mean 'uniform'"},
        Case{{"weights", "--student", "vit_tiny", "--method", "uniform",
              "--output", "o"},
             "--teacher is missing"},
        Case{{"weights", "--checkpoint", "student.safetensors",
              "--teacher-model", "vit_tiny", "--output", "o"},
             "--teacher-model"},
        Case{{}, "attention, features or weights"}}) {
    Words args = {"analyze"};
    args.insert(args.end(), c.args.begin(), c.args.end());
    const Outcome run = RunWsel(folder_, args);
    EXPECT_EQ(run.exit_code, 2) << c.message;
    EXPECT_THAT(run.err, HasSubstr(c.message));
  }
}

TEST_F(Analyze, DryRunListsMissingFiles) {
  const Outcome run = Run("attention", {"--teacher", "vit_small.safetensors",
                                        "--student", "vit_tiny", "--checkpoint",
                                        "student.safetensors", "--dry-run"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("missing     vit_small.safetensors"),
                             HasSubstr("teacher     vit_small_patch16_224"),
                             HasSubstr("timm, uniform")));
  const Outcome head = Run("attention", {"--teacher", "vit_small.safetensors",
                                         "--head-index", "6", "--dry-run"});
  EXPECT_EQ(head.exit_code, 2);
  EXPECT_THAT(head.err, HasSubstr("6 heads"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

}  // namespace
}  // namespace wsel
