// Checkpoints of other programs through the command line: each command uses all
// of a file's tensors, leaves them out with a reason, or refuses the file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "checkpoint/npy_bytes.h"
#include "cli/run_wsel.h"
#include "naming/golden.h"
#include "shared_data.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class ForeignFile : public testing::Test {
 protected:
  // Five classes, as the goldens' heads tell apart, of a picture each.
  ForeignFile() {
    const fs::path picture =
        fs::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders/val/b/3.jpg";
    for (const char* part : {"train", "val"}) {
      for (const char* name : {"a", "b", "c", "d", "e"}) {
        const fs::path folder = folder_ / "data" / part / name;
        fs::create_directories(folder);
        fs::copy(picture, folder / "1.jpg");
      }
    }
  }
  Outcome Run(const std::vector<std::string>& args) const {
    return RunWsel(folder_, args);
  }
  Outcome Eval(const std::string& file,
               const std::vector<std::string>& more = {}) const {
    std::vector<std::string> args = {"eval",      "--checkpoint", file,
                                     "--dataset", "folder",       "--data-root",
                                     "data",      "--json"};
    args.insert(args.end(), more.begin(), more.end());
    return Run(args);
  }
  // A dry run opens the start, builds the model and loads it.
  Outcome TrainDry(const std::string& file) const {
    return Run({"train", "--config", "recipe.json", "--data-root", "data",
                "--init", file, "--dry-run"});
  }
  json Inspect(const std::string& file) const {
    const Outcome outcome = Run({"inspect", file, "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out);
  }
  // A recipe of the model that a file is said to be of.
  void WriteRecipe(json model) const {
    model["name"] = model["family"] == "vit" ? "vit_tiny" : "convnext_femto";
    for (const char* key : {"family", "num_classes"}) model.erase(key);
    const json recipe = {{"model", model},
                         {"data", {{"name", "folder"}}},
                         {"train", {{"batch_size", 4}, {"mixup_batch", 2}}}};
    WriteTextFile(folder_ / "recipe.json", recipe.dump());
  }
  TempFolder folder_;
};

std::string Golden(const std::string& file) {
  return (naming::GoldenFolder() / file).string();
}

TEST_F(ForeignFile, IsEvaluatedAndStartsATraining) {
  for (const naming::Case& c : naming::GoldenCases()) {
    SCOPED_TRACE(c.file);
    const json model = Inspect(c.path.string())["model"];
    const Outcome eval = Eval(c.path.string());
    if (model["num_classes"] == 5) {
      ASSERT_EQ(eval.exit_code, 0) << eval.err;
      EXPECT_EQ(json::parse(eval.out)["pictures"], 5);
    } else {
      EXPECT_EQ(eval.exit_code, 6);
      EXPECT_THAT(eval.err, HasSubstr("class"));
    }
    WriteRecipe(model);
    const Outcome train = TrainDry(c.path.string());
    EXPECT_EQ(train.exit_code, 0) << train.err;
    EXPECT_THAT(train.err, Not(HasSubstr("weights want")));
    if (!c.ignored.empty()) {
      EXPECT_THAT(train.err, HasSubstr("left out"));
    }
  }
}

TEST_F(ForeignFile, GivesAStudentThatKnowsWhatPicturesItsTeacherSaw) {
  const std::map<std::string, std::string> means = {
      {"timm_vit.safetensors", ""},  // timm's are of either kind
      {"hf_vit.safetensors", "[0.5,0.5,0.5]"},
      {"augreg.npz", "[0.5,0.5,0.5]"},
      {"deit3.pth", "[0.485,0.456,0.406]"},
      {"dinov2_registers.pth", "[0.485,0.456,0.406]"},
      {"openai_clip.pt", "[0.48145466,0.4578275,0.40821073]"}};
  for (const auto& [file, mean] : means) {
    SCOPED_TRACE(file);
    const Outcome outcome =
        Run({"init", "--teacher", Golden(file), "--student", "vit_tiny",
             "--embed-dim", "8", "--depth", "1", "--num-heads", "1",
             "--img-size", "8", "--patch-size", "4", "--output", "s.pth"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const auto student = checkpoint::Open(folder_ / "s.pth");
    const auto found = student->metadata().find("wsel.mean");
    EXPECT_EQ(found == student->metadata().end() ? "" : found->second, mean);
    WriteRecipe(Inspect("s.pth")["model"]);
    const Outcome train = TrainDry("s.pth");
    EXPECT_EQ(train.exit_code, 0) << train.err;
    const bool imagenet = mean.empty() || mean.starts_with("[0.485");
    EXPECT_EQ(train.err.find("data.mean sets it") == std::string::npos,
              imagenet);
  }
}

TEST_F(ForeignFile, SaysWhereAModelUsesItsWeightsOtherwise) {
  const std::string clip = Golden("openai_clip.pt");
  json model = Inspect(clip)["model"];
  EXPECT_EQ(model["activation"], "quick_gelu");
  model["activation"] = "gelu";
  model["norm_eps"] = 1e-6;
  WriteRecipe(model);
  const Outcome train = TrainDry(clip);
  EXPECT_EQ(train.exit_code, 0) << train.err;
  EXPECT_THAT(train.err, HasSubstr("want QuickGELU, not GELU"));
  EXPECT_THAT(train.err, HasSubstr("want LayerNorm's eps 1e-05, not 1e-06"));

  const std::string vit = Golden("hf_vit.safetensors");
  json said = Inspect(vit)["model"];
  EXPECT_EQ(said["norm_eps"], 1e-12);
  EXPECT_THAT(Eval(vit).err, Not(HasSubstr("weights want")));
  said["norm_eps"] = 1e-6;
  WriteTextFile(folder_ / "vit.json", said.dump());
  const Outcome eval = Eval(vit, {"--model", "vit.json"});
  EXPECT_EQ(eval.exit_code, 0) << eval.err;
  EXPECT_THAT(eval.err, HasSubstr("want LayerNorm's eps 1e-12, not 1e-06"));

  const Outcome convnext = Eval(Golden("hf_convnext.safetensors"));
  EXPECT_THAT(convnext.err, HasSubstr("the eps of the last norm is 1e-06"));
}

TEST_F(ForeignFile, IsRefusedWhereTheModelHasNoUseForATensor) {
  const std::string file = Golden("dinov2.pth");
  json model = Inspect(file)["model"];
  model["layer_scale"] = 0;
  WriteRecipe(model);
  const Outcome train = TrainDry(file);
  EXPECT_EQ(train.exit_code, 6);
  EXPECT_THAT(train.err, HasSubstr("blocks.0.ls1.gamma"));
  json headed = Inspect(Golden("deit3.pth"))["model"];
  headed["layer_scale"] = 0;
  WriteTextFile(folder_ / "vit.json", headed.dump());
  const Outcome eval = Eval(Golden("deit3.pth"), {"--model", "vit.json"});
  EXPECT_EQ(eval.exit_code, 6);
  EXPECT_THAT(eval.err, HasSubstr("is a weight that"));
}

TEST_F(ForeignFile, IsRefusedWhereATensorAmongItsWeightsCannotBeRead) {
  const auto npy = [](std::string_view type, const Shape& shape,
                      const std::string& data) {
    return checkpoint::Npy(
        fmt::format("{{'descr': '{}', 'fortran_order': False, "
                    "'shape': ({},), }}\n",
                    type, fmt::join(shape, ", ")),
        data);
  };
  const auto vit = checkpoint::Open(Golden("timm_vit.safetensors"));
  std::vector<checkpoint::ZipPart> parts;
  for (const TensorSpec& spec : vit->Specs()) {
    const auto bytes = vit->View(spec.name).bytes;
    const std::string data(reinterpret_cast<const char*>(bytes.data()),
                           bytes.size());
    parts.push_back({spec.name + ".npy", npy("<f4", spec.shape, data)});
  }
  WriteTextFile(folder_ / "whole.npz", checkpoint::ZipOf(parts));
  EXPECT_EQ(Eval("whole.npz").exit_code, 0);
  parts.push_back({"blocks.0.label.npy", npy("<U1", {1}, "abcd")});
  WriteTextFile(folder_ / "label.npz", checkpoint::ZipOf(parts));
  const Outcome eval = Eval("label.npz");
  EXPECT_EQ(eval.exit_code, 6);
  EXPECT_THAT(eval.err, HasSubstr("blocks.0.label: lies among the weights"));
  EXPECT_THAT(Run({"inspect", "label.npz"}).out,
              HasSubstr("unread     blocks.0.label: "));
}

// Files that other people's programs wrote (../shared/data): none is a model
// under names that are known here.
class StrangersFile : public ForeignFile {
 protected:
  void SetUp() override {
    files_ = SharedData() / "foreign-checkpoints";
    if (!fs::exists(files_)) {
      GTEST_SKIP() << files_ << " is not here; set WSEL_SHARED_DATA";
    }
  }
  fs::path files_;
};

constexpr int kMismatched = 6;
constexpr int kBadFormat = 5;

struct Refusal {
  int exit_code;
  std::string reason;
};

TEST_F(StrangersFile, IsRefusedForTheRightReason) {
  const Refusal unknown = {kMismatched, "holds no ViT or ConvNeXt"};
  const Refusal tar = {kBadFormat, "before 0.1.10"};
  const std::map<std::string, Refusal> special = {
      {"burn-tar_float32.tar", tar},
      {"burn-tar_int64.tar", tar},
      {"burn-tar_weight_bias.tar", tar},
      {"ios_vit4mnist.ptl", {kBadFormat, "lite-interpreter"}},
  };
  WriteRecipe({{"family", "vit"}});
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(files_)) {
    const std::string file = fs::absolute(entry.path()).string();
    SCOPED_TRACE(file);
    const auto found = special.find(entry.path().filename().string());
    const Refusal& wanted = found == special.end() ? unknown : found->second;
    for (const Outcome& outcome : {Run({"init", "--teacher", file, "--student",
                                        "vit_tiny", "--dry-run"}),
                                   Eval(file), TrainDry(file)}) {
      EXPECT_EQ(outcome.exit_code, wanted.exit_code) << outcome.err;
      EXPECT_THAT(outcome.err, HasSubstr(wanted.reason));
      EXPECT_THAT(outcome.err, HasSubstr(entry.path().filename().string()));
    }
    ++count;
  }
  EXPECT_GE(count, 43U);
}

// A trained ViT under names of its author's: a table of them is all it takes.
TEST_F(StrangersFile, IsSelectedFromByATableOfItsNames) {
  WriteTextFile(folder_ / "family.json", R"({
    "name": "vit-pytorch of 2020",
    "about": "a table for one file",
    "dimensions": {
      "width": "width", "layers": "layers", "tokens": "leading",
      "inner": {"role": "attention", "follows": "width"},
      "mlp": {"role": "hidden", "follows": "width"},
      "hidden": {"role": "hidden", "follows": "width"}
    },
    "tensors": {
      "pos_embedding": [1, "tokens", "width"],
      "cls_token": [1, 1, "width"],
      "patch_to_embedding.weight": ["width", 49],
      "patch_to_embedding.bias": ["width"],
      "transformer.layers.{layers}.0.fn.norm.weight": ["width"],
      "transformer.layers.{layers}.0.fn.norm.bias": ["width"],
      "transformer.layers.{layers}.0.fn.fn.to_qkv.weight": ["3*inner", "width"],
      "transformer.layers.{layers}.0.fn.fn.to_out.weight": ["width", "inner"],
      "transformer.layers.{layers}.0.fn.fn.to_out.bias": ["width"],
      "transformer.layers.{layers}.1.fn.norm.weight": ["width"],
      "transformer.layers.{layers}.1.fn.norm.bias": ["width"],
      "transformer.layers.{layers}.1.fn.fn.net.0.weight": ["mlp", "width"],
      "transformer.layers.{layers}.1.fn.fn.net.0.bias": ["mlp"],
      "transformer.layers.{layers}.1.fn.fn.net.2.weight": ["width", "mlp"],
      "transformer.layers.{layers}.1.fn.fn.net.2.bias": ["width"],
      "mlp_head.0.weight": ["hidden", "width"],
      "mlp_head.0.bias": ["hidden"],
      "mlp_head.2.weight": [10, "hidden"],
      "mlp_head.2.bias": [10]
    }
  })");
  const Outcome outcome =
      Run({"init", "--teacher", (files_ / "gaurav_vit_mnist.pth").string(),
           "--family", "family.json", "--teacher-size", "inner.heads=8",
           "--student-size", "width=32,layers=3", "--output", "s.pth"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto student = checkpoint::Open(folder_ / "s.pth");
  const std::string qkv = "transformer.layers.2.0.fn.fn.to_qkv.weight";
  ASSERT_NE(student->Find(qkv), nullptr);
  EXPECT_EQ(student->Find(qkv)->shape, (Shape{96, 32}));
}

}  // namespace
}  // namespace wsel
