#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <tuple>

#include "cli/run_wsel.h"
#include "naming/golden.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

using testing::HasSubstr;

class ConvertCommand : public testing::Test {
 protected:
  Outcome Convert(std::vector<std::string> args) const {
    args.insert(args.begin(), "convert");
    // All golden ViTs have two, which their names do not tell.
    args.insert(args.end(), {"--num-heads", "2"});
    return RunWsel(folder_, args);
  }
  static std::string Golden(const std::string& file) {
    return (naming::GoldenFolder() / file).string();
  }
  void ExpectSame(const std::string& a, const std::string& b) const {
    const auto one = checkpoint::Open(folder_ / a);
    const auto two = checkpoint::Open(folder_ / b);
    EXPECT_EQ(one->Specs().size(), two->Specs().size());
    for (const TensorSpec& spec : one->Specs()) {
      ASSERT_NE(two->Find(spec.name), nullptr) << spec.name;
      const auto x = one->View(spec.name);
      const auto y = two->View(spec.name);
      EXPECT_EQ(x.spec, y.spec);
      EXPECT_TRUE(std::ranges::equal(x.bytes, y.bytes)) << spec.name;
    }
  }
  // A ViT with a class token of `value`.
  void WriteWith(float value) const {
    const auto file = checkpoint::Open(Golden("timm_vit.safetensors"));
    std::vector<float> token(16, value);
    checkpoint::Write(
        folder_ / "vit.safetensors", file->Specs(),
        [&](size_t i) {
          const TensorView view = file->View(file->Specs()[i].name);
          return view.spec.name == "cls_token"
                     ? std::as_bytes(std::span<const float>(token))
                     : view.bytes;
        },
        {});
  }
  TempFolder folder_;
};

TEST_F(ConvertCommand, RoundTripsAreBitIdentical) {
  const std::vector<std::pair<std::string, std::string>> trips = {
      {"timm_vit.safetensors", "hf"}, {"timm_vit.safetensors", "torchvision"},
      {"dinov2.pth", "hf"},           {"deit_distilled.pth", "hf"},
      {"openai_clip.pt", "hf"},       {"meta_convnext.pth", "hf"},
      {"meta_convnext.pth", "meta"},  {"meta_convnext.pth", "torchvision"},
      {"augreg.npz", "torchvision"},  {"timm_vit.safetensors", "timm"}};
  for (const auto& [file, naming] : trips) {
    SCOPED_TRACE(file + " " + naming);
    for (const auto& step : std::vector<std::vector<std::string>>{
             {Golden(file), "plain.safetensors"},
             {"plain.safetensors", "there.pth", "--naming", naming},
             {"there.pth", "back.safetensors"}}) {
      const Outcome outcome = Convert(step);
      ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    }
    ExpectSame("plain.safetensors", "back.safetensors");
    std::filesystem::remove(folder_ / "config.json");
    std::filesystem::remove(folder_ / "preprocessor_config.json");
  }
}

TEST_F(ConvertCommand, WritesTheConfigForFromPretrained) {
  const std::string clip = Golden("openai_clip.pt");
  const std::vector<std::string> args = {clip, "model.safetensors", "--naming",
                                         "hf"};
  ASSERT_EQ(Convert(args).exit_code, 0);
  const std::string text = ReadAll(folder_ / "config.json");
  const auto config = nlohmann::json::parse(text);
  EXPECT_EQ(config["model_type"], "clip_vision_model");
  EXPECT_EQ(config["hidden_act"], "quick_gelu");
  EXPECT_EQ(config["layer_norm_eps"], 1e-5);
  EXPECT_EQ(config["projection_dim"], 6);
  // The same model may be written again.
  EXPECT_EQ(Convert(args).exit_code, 0);
  EXPECT_EQ(ReadAll(folder_ / "config.json"), text);
}

// scripts/golden/naming.py --check loads such folders.
TEST_F(ConvertCommand, WritesWhatImagesAndClassesTheModelHas) {
  std::filesystem::create_directories(folder_ / "in");
  std::filesystem::copy(Golden("timm_vit.safetensors"),
                        folder_ / "in/model.safetensors");
  WriteTextFile(folder_ / "in/config.json", R"({
    "label_names": ["a", "b", "c", "d", "e"],
    "pretrained_cfg": {"mean": [0.4, 0.5, 0.6], "std": [0.5, 0.5, 0.5]}})");
  for (const char* naming : {"hf", "timm"}) {
    std::filesystem::create_directories(folder_ / naming);
    std::vector<std::string> args = {"in/model.safetensors",
                                     std::string(naming) + "/model.safetensors",
                                     "--naming", naming};
    if (naming == std::string("timm")) args.emplace_back("--hub");
    const Outcome outcome = Convert(args);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  const auto read = [&](const char* file) {
    return nlohmann::json::parse(ReadAll(folder_ / file));
  };
  const auto hf = read("hf/config.json");
  EXPECT_EQ(hf["id2label"]["3"], "d");
  EXPECT_EQ(hf["label2id"]["d"], 3);
  const auto images = read("hf/preprocessor_config.json");
  EXPECT_EQ(images["image_mean"], nlohmann::json({0.4, 0.5, 0.6}));
  EXPECT_EQ(images["do_resize"], false);  // of 8 px
  EXPECT_EQ(images["crop_size"]["height"], 8);
  const auto timm = read("timm/config.json");
  EXPECT_EQ(timm["label_names"][3], "d");
  EXPECT_EQ(timm["model_args"]["num_heads"], 2);
  EXPECT_EQ(timm["pretrained_cfg"]["mean"], images["image_mean"]);
  EXPECT_EQ(timm["pretrained_cfg"]["input_size"], nlohmann::json({3, 8, 8}));
  EXPECT_EQ(
      Convert({"in/model.safetensors", "x.pth", "--naming", "hf", "--hub"})
          .exit_code,
      2);
}

TEST_F(ConvertCommand, WritesImagesThatAreNotSquare) {
  const auto init = [&](const std::string& size) {
    const Outcome outcome =
        RunWsel(folder_, {"init", "--student", "vit_tiny", "--img-size", size,
                          "--patch-size", "8", "--embed-dim", "16", "--depth",
                          "1", "--num-heads", "2", "--num-classes", "5",
                          "--output", size + ".safetensors"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  };
  init("24x32");
  init("40x56");
  std::filesystem::create_directories(folder_ / "hf");
  std::filesystem::create_directories(folder_ / "timm");
  const Outcome hf = RunWsel(folder_, {"convert", "24x32.safetensors",
                                       "hf/m.safetensors", "--naming", "hf"});
  ASSERT_EQ(hf.exit_code, 0) << hf.err;
  const auto read = [&](const char* file) {
    return nlohmann::json::parse(ReadAll(folder_ / file));
  };
  EXPECT_EQ(read("hf/config.json")["image_size"].dump(), "[24,32]");
  EXPECT_EQ(read("hf/preprocessor_config.json")["crop_size"].dump(),
            R"({"height":24,"width":32})");
  // It would cover 45 x 64 px and be cropped.
  const Outcome covers = RunWsel(folder_, {"convert", "40x56.safetensors",
                                           "x.safetensors", "--naming", "hf"});
  EXPECT_EQ(covers.exit_code, 6);
  EXPECT_THAT(covers.err, HasSubstr("40x56 px"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.safetensors"));
  const Outcome timm =
      RunWsel(folder_, {"convert", "40x56.safetensors", "timm/m.safetensors",
                        "--naming", "timm", "--hub"});
  ASSERT_EQ(timm.exit_code, 0) << timm.err;
  const auto config = read("timm/config.json");
  EXPECT_EQ(config["model_args"]["img_size"].dump(), "[40,56]");
  EXPECT_EQ(config["pretrained_cfg"]["input_size"].dump(), "[3,40,56]");
  EXPECT_EQ(config["pretrained_cfg"]["crop_mode"], "center");
}

TEST_F(ConvertCommand, KeepsTheConfigOfAnotherModel) {
  WriteTextFile(folder_ / "config.json", "{}");
  const Outcome outcome = Convert(
      {Golden("timm_vit.safetensors"), "model.safetensors", "--naming", "hf"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("config.json"));
  EXPECT_EQ(ReadAll(folder_ / "config.json"), "{}");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "model.safetensors"));
}

// A guess would be a fact in the metadata of what is written.
TEST_F(ConvertCommand, NeedsToKnowTheHeads) {
  const Outcome outcome = RunWsel(
      folder_, {"convert", Golden("timm_vit.safetensors"), "out.safetensors"});
  EXPECT_EQ(outcome.exit_code, 6);
  EXPECT_THAT(outcome.err, HasSubstr("several numbers of heads"));
}

TEST_F(ConvertCommand, TakesAModel) {
  const auto inspected =
      RunWsel(folder_, {"inspect", Golden("timm_vit.safetensors"), "--json"});
  auto model = nlohmann::json::parse(inspected.out)["model"];
  model["num_heads"] = 4;
  model["num_classes"] = 1000;  // its head has five
  WriteTextFile(folder_ / "m.json", model.dump());
  const Outcome outcome =
      RunWsel(folder_, {"convert", Golden("timm_vit.safetensors"),
                        "out.safetensors", "--model", "m.json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, testing::Not(HasSubstr("assumed")));
  const auto written =
      nlohmann::json::parse(checkpoint::Open(folder_ / "out.safetensors")
                                ->metadata()
                                .at("wsel.model"));
  EXPECT_EQ(written["num_heads"], 4);
  EXPECT_EQ(written["num_classes"], 5);
}

TEST_F(ConvertCommand, RecordsTheSourceFile) {
  const Outcome outcome =
      Convert({Golden("hf_vit.safetensors"), "out.safetensors", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["from"], "Hugging Face ViT");
  EXPECT_EQ(json["tensors"], 32);
  const auto file = checkpoint::Open(folder_ / "out.safetensors");
  EXPECT_EQ(file->metadata().at("wsel.converted.file"), "hf_vit.safetensors");
  EXPECT_EQ(file->metadata().at("wsel.mean"), "[0.5,0.5,0.5]");
  EXPECT_THAT(file->metadata().at("wsel.model"), HasSubstr("1e-12"));
}

TEST_F(ConvertCommand, RoundsToNearestEven) {
  // Halfway between two float16 and two bfloat16 values; the even one is lower.
  for (const auto& [value, dtype, bits] :
       {std::tuple(1 + 0x1p-11F, "float16", 0x3c00),
        std::tuple(1 + 0x1p-11F + 0x1p-20F, "float16", 0x3c01),
        std::tuple(1 + 3 * 0x1p-11F, "float16", 0x3c02),
        std::tuple(0x1p-25F, "float16", 0),
        std::tuple(-0.0F, "float16", 0x8000),
        std::tuple(0x1.8p-24F, "float16", 2),
        std::tuple(65519.0F, "float16", 0x7bff),
        std::tuple(INFINITY, "float16", 0x7c00),
        std::tuple(NAN, "float16", 0x7e00),
        std::tuple(1 + 0x1p-8F, "bfloat16", 0x3f80),
        std::tuple(1 + 3 * 0x1p-8F, "bfloat16", 0x3f82)}) {
    WriteWith(value);
    const Outcome outcome =
        Convert({"vit.safetensors", "out.safetensors", "--dtype", dtype});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const auto file = checkpoint::Open(folder_ / "out.safetensors");
    uint16_t found = 0;
    std::memcpy(&found, file->View("cls_token").bytes.data(), 2);
    EXPECT_EQ(found, bits) << value << " " << dtype;
  }
}

TEST_F(ConvertCommand, FailsForValuesOutOfRange) {
  WriteWith(65520);  // rounds to the first value beyond float16
  const Outcome outcome =
      Convert({"vit.safetensors", "out.safetensors", "--dtype", "float16"});
  EXPECT_EQ(outcome.exit_code, 6);
  EXPECT_THAT(outcome.err, HasSubstr("cls_token"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.safetensors"));
}

TEST_F(ConvertCommand, FailsForUnsupportedConversions) {
  const std::string vit = Golden("timm_vit.safetensors");
  const Outcome no_name = Convert({vit, "out.pth", "--naming", "meta"});
  EXPECT_EQ(no_name.exit_code, 6);
  EXPECT_THAT(no_name.err, HasSubstr("has no name in meta"));
  EXPECT_EQ(Convert({vit, "out.npz"}).exit_code, 2);
  EXPECT_EQ(Convert({vit}).exit_code, 2);
  EXPECT_EQ(Convert({vit, vit}).exit_code, 2);
  EXPECT_THAT(Convert({vit, "out.pth", "--naming", "torchvison"}).err,
              HasSubstr("did you mean 'torchvision'?"));
  EXPECT_THAT(Convert({vit, "out.pth", "--dtype", "float61"}).err,
              HasSubstr("did you mean"));
}

}  // namespace
}  // namespace wsel
