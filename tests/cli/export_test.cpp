#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "cli/run_wsel.h"
#include "cli/small_sweep.h"
#include "model/golden.h"
#include "model/parameter_source.h"
#include "onnx/small_configs.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

using OrderedJson = nlohmann::ordered_json;
using testing::AllOf;
using testing::HasSubstr;

class ExportCommand : public testing::Test {
 protected:
  ExportCommand() : source_(config_) { Write("vit.safetensors"); }

  void WriteModel(const std::string& name, const model::Config& config,
                  const model::ParameterSource& source) const {
    model::WriteParameters(folder_ / name, config, source,
                           {{"wsel.mean", "[0.5,0.5,0.5]"},
                            {"wsel.std", "[0.5,0.5,0.5]"},
                            {"wsel.classes", R"(["a","b","c","d","e"])"}});
  }
  void Write(const std::string& name) const {
    WriteModel(name, config_, source_);
  }
  Outcome Export(std::vector<std::string> args) const {
    args.insert(args.begin(), {"export", "vit.safetensors"});
    return RunWsel(folder_, args);
  }
  // Fails with this, and writes nothing.
  void ExpectFails(const std::vector<std::string>& args, int exit_code,
                   const std::vector<std::string>& parts) const {
    const Outcome outcome = Export(args);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    for (const std::string& part : parts) {
      EXPECT_THAT(outcome.err, HasSubstr(part));
    }
    EXPECT_FALSE(std::filesystem::exists(folder_ / "o.onnx"));
  }

  void MakeExecutable(const std::string& name) const {
    std::filesystem::permissions(folder_ / name,
                                 std::filesystem::perms::owner_all);
  }
  // In place of Python: finds this largest error of a logit in a file, and
  // lists the files that it sees.
  void WriteRuntime(const std::string& error) const {
    WriteTextFile(
        folder_ / "python",
        "#!/bin/sh\ntest $# -eq 1 && exit 0\nls o.onnx* >seen\n"
        R"(echo '{"runtime": "onnxruntime 0", "files": [{"size": 5, )"
        R"("error": )" +
            error +
            R"(, "agreement": 100.0, "top1": null, "milliseconds": 2.5}]}')"
            "\n");
    MakeExecutable("python");
  }

  TempFolder folder_;
  model::Config config_ = onnx::SmallVit();
  model::ParameterSource source_;
};

TEST_F(ExportCommand, WritesAFileWithItsMetadata) {
  const Outcome outcome = Export({"o.onnx", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const OrderedJson json = OrderedJson::parse(outcome.out);
  EXPECT_EQ(json["kind"], "float32");
  EXPECT_EQ(json["opset"], 17);
  const std::string bytes = ReadAll(folder_ / "o.onnx");
  EXPECT_EQ(json["size"], bytes.size());
  EXPECT_THAT(bytes, AllOf(HasSubstr("[0.5,0.5,0.5]"), HasSubstr("img_size"),
                           HasSubstr(R"(["a","b","c","d","e"])"),
                           HasSubstr(R"(["crop_mode","interpolation"])"),
                           HasSubstr("wsel.converted.sha256")));
  ASSERT_EQ(Export({"o.onnx", "--json"}).exit_code, 0);
  EXPECT_EQ(ReadAll(folder_ / "o.onnx"), bytes);
  EXPECT_EQ(folder_.FileCount(), 4U) << "and the two outputs of RunWsel";
}

TEST_F(ExportCommand, QuantizesOnImagesOfTheTrainingSplit) {
  const Outcome outcome =
      Export({"o.onnx", "--quantize", "int8", "--dataset", "folder",
              "--data-root", kSmallSweepData, "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const OrderedJson json = OrderedJson::parse(outcome.out);
  EXPECT_EQ(json["kind"], "int8");
  EXPECT_EQ(json["calibration"]["images"], 4);
  EXPECT_THAT(ReadAll(folder_ / "o.onnx"), HasSubstr("QuantizeLinear"));
}

TEST_F(ExportCommand, QuantizesOnImagesThatAFileLists) {
  WriteTextFile(folder_ / "labels.csv",
                "image,labels,split\n"
                "train/b/2.jpg,x y,train\n"
                "train/B/1.jpg,x,train\n"
                "train/b/x/1.jpg,,train\n"
                "val/b/3.jpg,y,test\n");
  const Outcome outcome =
      Export({"o.onnx", "--quantize", "int8", "--dataset", "folder",
              "--data-root", kSmallSweepData, "--labels", "labels.csv",
              "--multi-label", "auto", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(OrderedJson::parse(outcome.out)["calibration"]["images"], 3);
}

TEST_F(ExportCommand, LabelsWithoutADataSetAreAnError) {
  ExpectFails({"o.onnx", "--labels", "labels.csv"}, 2,
              {"--labels", "--dataset"});
}

// Rotary positions, SwiGLU, norms within the blocks: computed for the ranges by
// wsel-torch, too.
TEST_F(ExportCommand, QuantizesOtherFormsOfViTs) {
  auto vit = onnx::SmallVit();
  vit.qkv = model::Qkv::kSeparate;
  vit.mlp = model::MlpForm::kSwiGlu;
  vit.scale_attn_norm = true;
  vit.scale_mlp_norm = true;
  vit.rope = model::Rope::kAxial;
  const model::Config config = vit;
  WriteModel("eva.safetensors", config, model::ParameterSource(config));
  const Outcome outcome =
      RunWsel(folder_, {"export", "eva.safetensors", "o.onnx", "--quantize",
                        "int8", "--dataset", "folder", "--data-root",
                        kSmallSweepData, "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(OrderedJson::parse(outcome.out)["calibration"]["images"], 4);
  EXPECT_THAT(ReadAll(folder_ / "o.onnx"),
              AllOf(HasSubstr("rope.cos"), HasSubstr("blocks.1.mlp.fc1_g"),
                    HasSubstr("blocks.1.attn.q_proj")));
}

TEST_F(ExportCommand, RejectsWhatCannotBeExported) {
  ExpectFails({"o.onnx", "--opset", "16"}, 2, {"--opset", "17 to 21"});
  ExpectFails({"o.onnx", "--opset", "22"}, 2, {"--opset", "17 to 21"});
  ExpectFails({"o.onnx", "--quantize", "int8"}, 2,
              {"--quantize", "--dataset and --data-root"});
  ExpectFails({"o.onnx", "--quantize", "int8", "--dataset", "folder"}, 2,
              {"--data-root", "needs both"});
  ExpectFails({"o.onnx", "--quantize", "int8", "--dataset", "folder",
               "--data-root", "none"},
              4, {"none"});
  ExpectFails({"o.onnx", "--quantize", "int8", "--dataset", "folder",
               "--data-root", kSmallSweepData, "--calibration-images", "0"},
              2, {"--calibration-images", "at least one"});
  ExpectFails({"o.onnx", "--dataset", "folder", "--data-root", "x"}, 2,
              {"--dataset", "--quantize and --verify"});
  ExpectFails({"o.onnx", "--quantize", "int8", "--dataset", "folder",
               "--data-root", kSmallSweepData, "--dtype", "float16"},
              2, {"--dtype", "float32"});
  ExpectFails({"o.onnx", "--crop-pct", "0.9"}, 2,
              {"--crop-pct", "no effect on images of 32 px"});
  ExpectFails({"o.pb"}, 2, {".onnx"});
  ExpectFails({}, 2, {"OUT"});
}

TEST_F(ExportCommand, RejectsABackbone) {
  std::get<model::VitConfig>(config_).num_classes = 0;
  model::WriteParameters(folder_ / "vit.safetensors", config_,
                         model::ParameterSource(config_));
  ExpectFails({"o.onnx"}, 6, {"small_vit", "has no classifier"});
}

TEST_F(ExportCommand, RejectsInt8OfNaN) {
  source_.Replace("blocks.0.mlp.fc1.weight", std::nanf(""));
  Write("vit.safetensors");
  ExpectFails({"o.onnx", "--quantize", "int8", "--dataset", "folder",
               "--data-root", kSmallSweepData},
              6, {"NaN"});
}

TEST_F(ExportCommand, RejectsInt8WithoutAnImageThatCanBeRead) {
  for (const char* file : {"data/train/a/1.jpg", "data/train/b/1.jpg",
                           "data/val/a/1.jpg", "data/val/b/1.jpg"}) {
    std::filesystem::create_directories((folder_ / file).parent_path());
    WriteTextFile(folder_ / file, "text");
  }
  const std::vector<std::string> args = {
      "o.onnx", "--quantize",  "int8", "--dataset",
      "folder", "--data-root", "data"};
  ExpectFails(args, 5, {"1.jpg"});
  auto skipping = args;
  skipping.push_back("--skip-corrupt");
  ExpectFails(skipping, 5, {"no image that can be read", "calibrate"});
}

TEST_F(ExportCommand, RejectsAnUnknownActivation) {
  model::WriteParameters(folder_ / "vit.safetensors", config_, source_,
                         {{"wsel.model", R"({"base": "vit_tiny",
                           "activation": "swish"})"}});
  ExpectFails({"o.onnx"}, 5, {"swish"});
}

TEST_F(ExportCommand, DryRunWritesNothing) {
  const Outcome outcome = Export({"o.onnx", "--dry-run"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("small_vit"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "o.onnx"));
}

TEST_F(ExportCommand, VerifySaysHowToInstall) {
  ExpectFails({"o.onnx", "--verify", "--python", "false"}, 4,
              {"false", "exit code 1", "--python"});
  ExpectFails({"o.onnx", "--verify", "--python", "no-such-python"}, 4,
              {"cannot be executed", "nothing is written",
               "pip install onnxruntime", "--python", "--verify"});
  WriteTextFile(folder_ / "python",
                "#!/bin/sh\necho 'No module' >&2; exit 3\n");
  MakeExecutable("python");
  ExpectFails({"o.onnx", "--verify", "--python", "./python"}, 4,
              {"cannot import onnxruntime (No module)", "nothing is written"});
}

TEST_F(ExportCommand, VerifiesBeforeTheFileIsInItsPlace) {
  WriteRuntime("1e-6");
  const Outcome outcome =
      Export({"o.onnx", "--verify", "--python", "./python", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const OrderedJson json = OrderedJson::parse(outcome.out)["verification"];
  EXPECT_EQ(json["runtime"], "onnxruntime 0");
  EXPECT_EQ(json["images"], "8 random images");
  EXPECT_EQ(json["files"][0]["error"], 1e-6);
  const std::string seen = ReadAll(folder_ / "seen");
  EXPECT_TRUE(seen.starts_with("o.onnx.tmp.")) << seen;
  EXPECT_EQ(std::ranges::count(seen, '\n'), 1) << seen;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "o.onnx"));
}

TEST_F(ExportCommand, PrintsATableOfWhatVerifyMeasured) {
  WriteRuntime("1e-6");
  const Outcome outcome =
      Export({"o.onnx", "--verify", "--python", "./python"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("1 thread, 8 random images"),
                    HasSubstr("top-1 agreement"), HasSubstr("latency"),
                    HasSubstr("1.0e-06"), HasSubstr("2.50 ms")));
}

TEST_F(ExportCommand, AFailedVerificationLeavesWhatWasThere) {
  const std::vector<std::string> verify = {"o.onnx", "--verify", "--python",
                                           "./python"};
  WriteRuntime("0.5");
  ExpectFails(verify, 6, {"o.onnx", "is not written", "5.0e-01"});
  const size_t files = folder_.FileCount();
  WriteRuntime("null");
  ExpectFails(verify, 6, {"o.onnx", "is not written", "NaN or infinite"});
  WriteTextFile(folder_ / "python",
                "#!/bin/sh\ntest $# -eq 1 && exit 0\necho why >&2; exit 1\n");
  ExpectFails(verify, 4, {"o.onnx", "is not written", "why"});
  EXPECT_EQ(folder_.FileCount(), files) << "no temporary file";
  WriteTextFile(folder_ / "o.onnx", "old");
  EXPECT_EQ(Export(verify).exit_code, 4);
  EXPECT_EQ(ReadAll(folder_ / "o.onnx"), "old");
}

TEST_F(ExportCommand, VerifyRejectsAModelOfNaN) {
  source_.Replace("blocks.0.mlp.fc1.weight", std::nanf(""));
  Write("vit.safetensors");
  WriteRuntime("1e-6");
  ExpectFails({"o.onnx", "--verify", "--python", "./python"}, 6,
              {"is not written", "own logits", "8 of 8"});
}

TEST_F(ExportCommand, PredictPrintsALinePerImage) {
  const Outcome outcome =
      RunWsel(folder_, {"predict", "vit.safetensors", kSmallSweepData + "/val",
                        kSmallSweepData + "/train/B/1.jpg", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  std::istringstream lines(outcome.out);
  std::set<std::string> files;
  for (std::string line; std::getline(lines, line);) {
    const OrderedJson json = OrderedJson::parse(line);
    files.insert(json["file"]);
    double sum = 0;
    double last = 1;
    for (const OrderedJson& found : json["classes"]) {
      const double p = found["probability"];
      EXPECT_LE(p, last);
      last = p;
      sum += p;
      EXPECT_EQ(
          found["class"],
          std::string(1, static_cast<char>('a' + found["index"].get<int>())));
    }
    EXPECT_EQ(json["classes"].size(), 5U);
    EXPECT_NEAR(sum, 1, 1e-9);
  }
  EXPECT_EQ(files.size(), 3U);
}

// Golden by scripts/golden/predict.py.
TEST_F(ExportCommand, PredictsAsTimm) {
  const model::Config config = onnx::SmallConvNext();
  model::WriteParameters(
      folder_ / "convnext.safetensors", config, model::ParameterSource(config),
      {{"wsel.mean", "[0.5,0.5,0.5]"}, {"wsel.std", "[0.5,0.5,0.5]"}});
  const OrderedJson golden = model::ReadGolden("predict.json");
  for (const OrderedJson& expected : golden.at("files")) {
    const auto file = std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden" /
                      expected.at("file").get<std::string>();
    const Outcome outcome =
        RunWsel(folder_, {"predict", "convnext.safetensors", file.string(),
                          "--json", "--resize", "pillow-12", "--crop-pct",
                          "0.875", "--device", "cpu"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const OrderedJson found = OrderedJson::parse(outcome.out).at("classes");
    ASSERT_EQ(found.size(), 5U);
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].at("index"), expected.at("classes")[i]) << file;
      EXPECT_TRUE(found[i].at("class").is_null()) << "it names none";
      EXPECT_NEAR(found[i].at("probability").get<double>(),
                  expected.at("probabilities")[i].get<double>(), 1e-5)
          << file;
    }
  }
}

// The file is stored on its side; timm ignores that.
TEST_F(ExportCommand, PredictTurnsImagesUprightOnlyWithExif) {
  const std::string folder = WSEL_SOURCE_DIR "/tests/golden/image/orientation/";
  const auto probabilities = [&](const std::string& file,
                                 const std::string& option) {
    std::vector<std::string> args = {"predict", "vit.safetensors",
                                     folder + file, "--json"};
    if (!option.empty()) args.push_back(option);
    const Outcome outcome = RunWsel(folder_, args);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    std::map<int, double> by_class;
    const OrderedJson line = OrderedJson::parse(outcome.out);
    for (const OrderedJson& found : line.at("classes")) {
      by_class[found.at("index").get<int>()] =
          found.at("probability").get<double>();
    }
    return by_class;
  };
  EXPECT_NE(probabilities("6.png", "--exif"), probabilities("6.png", ""));
  EXPECT_EQ(probabilities("1.png", "--exif"), probabilities("1.png", ""));
}

TEST_F(ExportCommand, PredictRejectsWhatIsNotAnImage) {
  const Outcome missing =
      RunWsel(folder_, {"predict", "vit.safetensors", "no.jpg"});
  EXPECT_EQ(missing.exit_code, 4);
  EXPECT_THAT(missing.err, HasSubstr("no.jpg"));
  const Outcome none = RunWsel(folder_, {"predict", "vit.safetensors"});
  EXPECT_EQ(none.exit_code, 2);
  WriteTextFile(folder_ / "text.jpg", "text");
  const Outcome corrupt =
      RunWsel(folder_, {"predict", "vit.safetensors", "text.jpg"});
  EXPECT_EQ(corrupt.exit_code, 5);
}

TEST_F(ExportCommand, BenchMeasuresBothBatchSizes) {
  const Outcome outcome =
      RunWsel(folder_, {"bench", "vit.safetensors", "--batch-size", "3",
                        "--seconds", "0", "--device", "cpu", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const OrderedJson json = OrderedJson::parse(outcome.out);
  EXPECT_EQ(json["model"], "small_vit");
  EXPECT_EQ(json["weight_bytes"], 4 * json["parameters"].get<int64_t>());
  std::set<int64_t> batches;
  for (const OrderedJson& row : json["measurements"]) {
    batches.insert(row["batch_size"].get<int64_t>());
    EXPECT_GE(row["passes"], 5);
    EXPECT_GT(row["images_per_second"], 0);
  }
  EXPECT_EQ(batches, (std::set<int64_t>{1, 3}));
  EXPECT_GT(json["flops"], 0);
  EXPECT_GT(json["peak_memory_bytes"], json["weight_bytes"]);
}

TEST_F(ExportCommand, BenchRejectsWhatItCannotMeasure) {
  for (const auto& [option, value] :
       std::vector<std::pair<std::string, std::string>>{{"--batch-size", "0"},
                                                        {"--seconds", "-1"}}) {
    const Outcome outcome = RunWsel(
        folder_,
        {"bench", "vit.safetensors", option + "=" + value, "--device", "cpu"});
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(option));
    EXPECT_EQ(outcome.out, "");
  }
}

}  // namespace
}  // namespace wsel
