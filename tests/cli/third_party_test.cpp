// Third-party checkpoints on the command line: every tensor of a file is used,
// ignored with a reason, or an error.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "checkpoint/npy_bytes.h"
#include "cli/run_wsel.h"
#include "naming/golden.h"
#include "shared_data.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class ThirdPartyFile : public testing::Test {
 protected:
  // Five classes, as the goldens' classifiers have, of one image each.
  ThirdPartyFile() {
    const fs::path image =
        fs::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders/val/b/3.jpg";
    for (const char* part : {"train", "val"}) {
      for (const char* name : {"a", "b", "c", "d", "e"}) {
        const fs::path folder = folder_ / "data" / part / name;
        fs::create_directories(folder);
        fs::copy(image, folder / "1.jpg");
      }
    }
  }
  Outcome Run(const std::vector<std::string>& args) const {
    return RunWsel(folder_, args);
  }
  Outcome Eval(const std::string& file,
               const std::vector<std::string>& more = {}) const {
    // All golden ViTs have two heads, which their names do not tell.
    std::vector<std::string> args = {
        "eval",        "--checkpoint", file,     "--dataset",   "folder",
        "--data-root", "data",         "--json", "--num-heads", "2"};
    args.insert(args.end(), more.begin(), more.end());
    return Run(args);
  }
  // A dry run opens the checkpoint, builds the model and loads it.
  Outcome TrainDry(const std::string& file) const {
    return Run({"train", "--config", "recipe.json", "--data-root", "data",
                "--init", file, "--dry-run"});
  }
  json Inspect(const std::string& file) const {
    const Outcome outcome = Run({"inspect", file, "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out);
  }
  // A recipe for a model that wsel inspect detected.
  void WriteRecipe(json model) const {
    const std::map<std::string, std::string> variants = {
        {"vit", "vit_tiny"},
        {"convnext", "convnext_femto"},
        {"convnextv2", "convnextv2_femto"}};
    model["name"] = variants.at(model["family"]);
    for (const char* key : {"family", "num_classes"}) model.erase(key);
    const json recipe = {{"model", model},
                         {"data", {{"name", "folder"}}},
                         {"train", {{"batch_size", 4}, {"mixup_batch", 2}}}};
    WriteTextFile(folder_ / "recipe.json", recipe.dump());
  }
  TempFolder folder_;
};

std::string NamingGolden(const std::string& file) {
  return (naming::GoldenFolder() / file).string();
}

TEST_F(ThirdPartyFile, CanBeEvaluatedAndTrained) {
  for (const naming::Case& c : naming::GoldenCases()) {
    SCOPED_TRACE(c.file);
    const json model = Inspect(c.path.string())["model"];
    const Outcome eval = Eval(c.path.string());
    if (model["num_classes"] == 5) {
      ASSERT_EQ(eval.exit_code, 0) << eval.err;
      EXPECT_EQ(json::parse(eval.out)["num_images"], 5);
    } else {
      EXPECT_EQ(eval.exit_code, 6);
      EXPECT_THAT(eval.err, HasSubstr("class"));
    }
    WriteRecipe(model);
    const Outcome train = TrainDry(c.path.string());
    EXPECT_EQ(train.exit_code, 0) << train.err;
    EXPECT_THAT(train.err, Not(HasSubstr("as in this run's model")));
    if (!c.ignored.empty()) {
      EXPECT_THAT(train.err, HasSubstr("ignored"));
    }
  }
}

TEST_F(ThirdPartyFile, PassesItsMeanOnToAStudent) {
  const std::map<std::string, std::string> means = {
      {"timm_vit.safetensors", ""},  // timm uses either
      {"hf_vit.safetensors", "[0.5,0.5,0.5]"},
      {"augreg.npz", "[0.5,0.5,0.5]"},
      {"deit3.pth", "[0.485,0.456,0.406]"},
      {"dinov2_registers.pth", "[0.485,0.456,0.406]"},
      {"openai_clip.pt", "[0.48145466,0.4578275,0.40821073]"}};
  for (const auto& [file, mean] : means) {
    SCOPED_TRACE(file);
    const Outcome outcome =
        Run({"init", "--teacher", NamingGolden(file), "--student", "vit_tiny",
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
    EXPECT_EQ(train.err.find("set data.mean to match") == std::string::npos,
              imagenet);
  }
}

TEST_F(ThirdPartyFile, WarnsOfForwardDifferences) {
  const std::string clip = NamingGolden("openai_clip.pt");
  json model = Inspect(clip)["model"];
  EXPECT_EQ(model["activation"], "quick_gelu");
  model["activation"] = "gelu";
  model["norm_eps"] = 1e-6;
  WriteRecipe(model);
  const Outcome train = TrainDry(clip);
  EXPECT_EQ(train.exit_code, 0) << train.err;
  EXPECT_THAT(train.err, HasSubstr("trained with QuickGELU, not GELU"));
  EXPECT_THAT(train.err,
              HasSubstr("trained with LayerNorm eps 1e-05, not 1e-06"));

  const std::string vit = NamingGolden("hf_vit.safetensors");
  json given = Inspect(vit)["model"];
  EXPECT_EQ(given["norm_eps"], 1e-12);
  EXPECT_THAT(Eval(vit).err, Not(HasSubstr("were trained with")));
  given["norm_eps"] = 1e-6;
  WriteTextFile(folder_ / "vit.json", given.dump());
  const Outcome eval = Eval(vit, {"--model", "vit.json"});
  EXPECT_EQ(eval.exit_code, 0) << eval.err;
  EXPECT_THAT(eval.err,
              HasSubstr("trained with LayerNorm eps 1e-12, not 1e-06"));

  const Outcome convnext = Eval(NamingGolden("hf_convnext.safetensors"));
  EXPECT_THAT(convnext.err, HasSubstr("eps 1e-06 in the last norm"));
}

TEST_F(ThirdPartyFile, UnexpectedKeysAreAnError) {
  const std::string file = NamingGolden("dinov2.pth");
  json model = Inspect(file)["model"];
  model["layer_scale"] = 0;
  WriteRecipe(model);
  const Outcome train = TrainDry(file);
  EXPECT_EQ(train.exit_code, 6);
  EXPECT_THAT(train.err, HasSubstr("blocks.0.ls1.gamma"));
  json with_head = Inspect(NamingGolden("deit3.pth"))["model"];
  with_head["layer_scale"] = 0;
  WriteTextFile(folder_ / "vit.json", with_head.dump());
  const Outcome eval = Eval(NamingGolden("deit3.pth"), {"--model", "vit.json"});
  EXPECT_EQ(eval.exit_code, 6);
  EXPECT_THAT(eval.err, HasSubstr("unexpected key"));
  const Outcome dry =
      Eval(NamingGolden("deit3.pth"), {"--model", "vit.json", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 6);
  EXPECT_THAT(dry.err, HasSubstr("unexpected key"));
}

TEST_F(ThirdPartyFile, UnsupportedTensorsAmongTheWeightsAreAnError) {
  const auto npy = [](std::string_view type, const Shape& shape,
                      const std::string& data) {
    return checkpoint::Npy(
        fmt::format("{{'descr': '{}', 'fortran_order': False, "
                    "'shape': ({},), }}\n",
                    type, fmt::join(shape, ", ")),
        data);
  };
  const auto vit = checkpoint::Open(NamingGolden("timm_vit.safetensors"));
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
  EXPECT_THAT(eval.err, HasSubstr("blocks.0.label: unsupported tensor among"));
  EXPECT_THAT(Run({"inspect", "label.npz"}).out,
              HasSubstr("unsupported blocks.0.label: "));
}

// The golden ViT under each prefix, without the tensors whose names contain
// `without`.
void WriteCopies(const fs::path& path, const std::vector<std::string>& prefixes,
                 const std::string& without = "none") {
  const auto vit = checkpoint::Open(NamingGolden("timm_vit.safetensors"));
  std::vector<TensorSpec> specs;
  std::vector<std::string> names;
  for (const std::string& prefix : prefixes) {
    for (const TensorSpec& spec : vit->Specs()) {
      if (spec.name.find(without) != std::string::npos) continue;
      specs.push_back(spec);
      specs.back().name = prefix + spec.name;
      names.push_back(spec.name);
    }
  }
  checkpoint::Write(path, specs,
                    [&](size_t i) { return vit->View(names[i]).bytes; }, {});
}

TEST_F(ThirdPartyFile, EveryCommandSaysWhichCopyItTook) {
  WriteCopies(folder_ / "two.safetensors", {"model.", "model_ema."});
  WriteRecipe(Inspect("two.safetensors")["model"]);
  const auto commands = [&](const std::vector<std::string>& choice) {
    std::vector<std::vector<std::string>> all = {
        {"eval", "--checkpoint", "two.safetensors", "--dataset", "folder",
         "--data-root", "data", "--num-heads", "2"},
        {"probe", "--checkpoint", "two.safetensors", "--dataset", "folder",
         "--data-root", "data", "--num-heads", "2"},
        {"convert", "two.safetensors", "out.safetensors", "--num-heads", "2"},
        {"init", "--teacher", "two.safetensors", "--student", "vit_tiny",
         "--embed-dim", "8", "--depth", "1", "--num-heads", "1", "--img-size",
         "8", "--patch-size", "4", "--dry-run"},
        {"analyze", "weights", "--checkpoint", "two.safetensors"},
        {"train", "--config", "recipe.json", "--data-root", "data", "--init",
         "two.safetensors", "--dry-run"}};
    for (auto& args : all) {
      args.insert(args.end(), choice.begin(), choice.end());
    }
    return all;
  };
  for (const auto& [choice, taken] :
       std::map<std::vector<std::string>, std::string>{
           {{}, "'model_ema.', not those under 'model.'"},
           {{"--no-ema"}, "'model.', not those under 'model_ema.'"},
           {{"--checkpoint-key", "model"}, "under 'model.'"}}) {
    for (const auto& args : commands(choice)) {
      const Outcome outcome = Run(args);
      SCOPED_TRACE(args[0]);
      EXPECT_THAT(outcome.err, HasSubstr(taken));
    }
  }
  WriteCopies(folder_ / "tie.safetensors", {"a.", "b."});
  const Outcome tie = Eval("tie.safetensors");
  EXPECT_EQ(tie.exit_code, 6);
  EXPECT_THAT(tie.err, HasSubstr("'a.', 'b.'; choose one with "
                                 "--checkpoint-key"));
  EXPECT_EQ(Eval("tie.safetensors", {"--checkpoint-key", "b"}).exit_code, 0);
}

TEST_F(ThirdPartyFile, AnIncompleteModelIsNotCertain) {
  WriteCopies(folder_ / "whole.safetensors", {""});
  EXPECT_TRUE(Inspect("whole.safetensors")["names"]["certain"]);
  WriteCopies(folder_ / "part.safetensors", {""}, "blocks.0.norm2.bias");
  const std::string out = Run({"inspect", "part.safetensors"}).out;
  EXPECT_THAT(out, HasSubstr("missing    blocks.0.norm2.bias"));
  EXPECT_THAT(out, Not(HasSubstr("certain")));
}

TEST_F(ThirdPartyFile, OfAGivenModelNothingIsAssumed) {
  WriteCopies(folder_ / "vit.safetensors", {""});
  json model = Inspect("vit.safetensors")["model"];
  EXPECT_THAT(Eval("vit.safetensors").err, HasSubstr("assumed: "));
  WriteTextFile(folder_ / "vit.json", model.dump());
  const Outcome given = Eval("vit.safetensors", {"--model", "vit.json"});
  EXPECT_EQ(given.exit_code, 0) << given.err;
  EXPECT_THAT(given.err, Not(HasSubstr("assumed: ")));
}

// The tensors of DeiT III are those of timm's vit_*_rope_ape, by other names.
TEST_F(ThirdPartyFile, AGivenModelTellsFormsOfEqualTensorsApart) {
  json model = Inspect(NamingGolden("deit3.pth"))["model"];
  model["rope"] = "axial";
  WriteTextFile(folder_ / "vit.json", model.dump());
  const Outcome given =
      Eval(NamingGolden("deit3.pth"), {"--model", "vit.json"});
  EXPECT_EQ(given.exit_code, 0) << given.err;
  const Outcome converted = Run({"convert", NamingGolden("deit3.pth"),
                                 "eva.safetensors", "--model", "vit.json"});
  ASSERT_EQ(converted.exit_code, 0) << converted.err;
  EXPECT_NE(
      checkpoint::Open(folder_ / "eva.safetensors")->Find("blocks.0.gamma_1"),
      nullptr);
}

// Files that other people's programs wrote (../shared/data). None has known
// tensor names.
class UnknownFile : public ThirdPartyFile {
 protected:
  void SetUp() override {
    files_ = SharedData() / "foreign-checkpoints";
    if (!fs::exists(files_)) {
      GTEST_SKIP() << files_ << " is missing; set WSEL_SHARED_DATA";
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

TEST_F(UnknownFile, FailsForTheRightReason) {
  const Refusal unknown = {kMismatched, "is not a ViT or ConvNeXt"};
  const Refusal tar = {kBadFormat, "before 0.1.10"};
  const std::map<std::string, Refusal> special = {
      {"burn-tar_float32.tar", tar},
      {"burn-tar_int64.tar", tar},
      {"burn-tar_weight_bias.tar", tar},
      {"ios_vit4mnist.ptl", {kBadFormat, "lite-interpreter"}},
  };
  WriteRecipe({{"family", "vit"}});
  std::set<std::string> reasons;
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(files_)) {
    const std::string file = fs::absolute(entry.path()).string();
    SCOPED_TRACE(file);
    const auto found = special.find(entry.path().filename().string());
    const Refusal& expected = found == special.end() ? unknown : found->second;
    std::vector<Outcome> outcomes = {
        Run({"init", "--teacher", file, "--student", "vit_tiny", "--dry-run"})};
    // All commands find out with the same code: one file of each kind shows
    // that.
    if (reasons.insert(expected.reason).second) {
      outcomes.push_back(Eval(file));
      outcomes.push_back(TrainDry(file));
    }
    for (const Outcome& outcome : outcomes) {
      EXPECT_EQ(outcome.exit_code, expected.exit_code) << outcome.err;
      EXPECT_THAT(outcome.err, HasSubstr(expected.reason));
      EXPECT_THAT(outcome.err, HasSubstr(entry.path().filename().string()));
    }
    ++count;
  }
  EXPECT_GE(count, 43U);
}

// Files that public bug reports describe (../shared/cases), written by torch,
// timm and transformers.
TEST_F(ThirdPartyFile, OfPublicReportsIsRead) {
  const fs::path cases = SharedData().parent_path() / "cases";
  if (!fs::exists(cases)) GTEST_SKIP() << cases << " is missing";
  const std::map<std::string, std::string> prefixes = {
      {"03-whole-optimizer/whole.pth", "model."},
      {"03-whole-optimizer/one_param.pth", "model."},
      {"03-whole-optimizer/sgdm.pth", "model."},
      {"03-whole-optimizer/tuple_keys.pth", "model."},
      {"03-whole-optimizer/bytes_keys.pth", ""},
      {"05-dinov2-teacher/model_final.rank_0.pth", "model.teacher.backbone."},
      {"13-wrappers/moco_v3.pth.tar", "state_dict.module.base_encoder."},
      {"13-wrappers/mlp_head.pth", ""},
      {"13-wrappers/p_net.pth", "net."},
      {"13-wrappers/timm_wrapper/model.safetensors", "timm_model."},
      {"25-grid-channels/c1.safetensors", ""},
      {"25-grid-channels/c13.safetensors", ""},
      {"24-rmsnorm/convnext_rms.safetensors", ""},  // since they are supported
      {"24-rmsnorm/vit_rms.safetensors", ""},
      {"28-fsdp/chunked.pth", ""},
      {"28-fsdp/compiled_blocks.pth", "model."},
      {"28-fsdp/fsdp.pth", "model.backbone._fsdp_wrapped_module."},
      {"28-fsdp/fsdp_student.pth",
       "model.student.backbone._fsdp_wrapped_module."}};
  for (const auto& [file, prefix] : prefixes) {
    SCOPED_TRACE(file);
    const json found = Inspect((cases / file).string());
    EXPECT_EQ(found["prefix"], prefix);
    ASSERT_FALSE(found["model"].is_null()) << found["unsupported_reason"];
    EXPECT_EQ(found["missing"], json::array());
    EXPECT_EQ(found["names"]["unexpected"], json::object());
  }
  for (const auto& [file, reason] : std::map<std::string, std::string>{
           {"25-grid-channels/rect_64x32.safetensors", "img_size"},
           {"28-fsdp/flat.pth", "FULL_STATE_DICT"},
           {"37-torchscript-rebuilt/h4_ts_frozen.pt", "torch.jit.freeze"}}) {
    const Outcome init = Run({"init", "--teacher", (cases / file).string(),
                              "--student", "vit_tiny", "--dry-run"});
    EXPECT_EQ(init.exit_code, 6) << file;
    EXPECT_THAT(init.err, HasSubstr(reason));
  }
}

// The accuracies are those of the library that trained them.
TEST_F(ThirdPartyFile, OfPublicReportsHasItsLibrarysAccuracy) {
  const fs::path cases = SharedData().parent_path() / "cases";
  if (!fs::exists(cases)) GTEST_SKIP() << cases << " is missing";
  const auto eval = [&](const std::string& file, const std::string& data,
                        const std::vector<std::string>& more) {
    std::vector<std::string> args = {"eval",
                                     "--checkpoint",
                                     (cases / file).string(),
                                     "--dataset",
                                     "folder",
                                     "--json",
                                     "--data-root",
                                     (cases / data).string()};
    args.insert(args.end(), more.begin(), more.end());
    return Run(args);
  };
  const auto top1 = [&](const auto&... args) {
    const Outcome outcome = eval(args...);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.exit_code == 0
               ? json::parse(outcome.out)["top1"].get<double>()
               : -1;
  };
  using Options = std::vector<std::string>;
  const std::string natural = "07-class-order/v.safetensors";
  const std::string numbers = "07-class-order/S";
  EXPECT_NEAR(top1(natural, numbers, Options{"--num-heads", "1"}), 8.33, 0.01);
  EXPECT_EQ(top1(natural, numbers,
                 Options{"--num-heads", "1", "--class-order", "timm"}),
            100);
  const std::string heads = "08-heads/h4.safetensors";
  const Outcome unknown = eval(heads, "08-heads/S", {});
  EXPECT_EQ(unknown.exit_code, 6);
  EXPECT_THAT(unknown.err, HasSubstr("several numbers of heads"));
  EXPECT_EQ(top1(heads, "08-heads/S", Options{"--num-heads", "4"}), 100);
  // A trace has them only in its code.
  for (const char* traced : {"h4_ts.pt", "h4_ts_wrapped.pt"}) {
    EXPECT_EQ(top1(std::string("37-torchscript-rebuilt/") + traced,
                   "08-heads/S", Options{}),
              100);
  }
  // The same model pickled whole states them.
  EXPECT_EQ(top1("08-heads/h4_module.pth", "08-heads/S", Options{}), 100);

  // What the files beside them say of their images, classes and heads counts.
  const std::string greys = "09-augreg-mean/S";
  EXPECT_EQ(top1("09-augreg-mean/m/model.safetensors", greys,
                 Options{"--num-heads", "1"}),
            100);
  const std::string hf = "10-hf-vit-mean/";
  EXPECT_EQ(top1(hf + "p_deit/model.safetensors", greys, Options{}), 92.5);
  EXPECT_EQ(top1(hf + "p_labels/model.safetensors", greys, Options{}), 100);
  // Four heads and ReLU.
  EXPECT_EQ(top1(hf + "p_cfg/model.safetensors", greys, Options{}), 100);
}

// A trained ViT with its author's tensor names needs only a family file.
TEST_F(UnknownFile, IsSelectedFromWithAFamilyFile) {
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
