#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/run_wsel.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kFashion = "/usr/share/datasets/fashion-mnist";

// A folder with a small model, to which tests add corrupt images.
class Probe : public testing::Test {
 protected:
  Probe() {
    EXPECT_EQ(RunWsel(folder_,
                      {"init", "--student", "vit_tiny", "--img-size", "16",
                       "--patch-size", "8", "--embed-dim", "12", "--depth", "2",
                       "--num-classes", "0", "--output", "m.safetensors"})
                  .exit_code,
              0);
  }

  // Reading any of these fails with exit code 5.
  void MakeCorruptImages(const std::vector<std::string>& classes, int each) {
    for (const char* split : {"train", "val"}) {
      for (const std::string& name : classes) {
        fs::create_directories(folder_ / "data" / split / name);
        for (int i = 0; i < each; ++i) {
          WriteTextFile(
              folder_ / "data" / split / name / (std::to_string(i) + ".png"),
              "not an image");
        }
      }
    }
  }

  Outcome Run(const std::vector<std::string>& more,
              const std::string& root = "data") const {
    std::vector<std::string> args = {"probe", "--dataset", "folder",
                                     "--data-root", root};
    args.insert(args.end(), more.begin(), more.end());
    return RunWsel(folder_, args);
  }

  TempFolder folder_;
};

const std::string kProbeImages =
    (fs::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders").string();

TEST_F(Probe, TakesAModelAndSaysWhatImagesItHas) {
  WriteTextFile(folder_ / "m.json",
                R"({"base": "vit_tiny", "img_size": 16, "patch_size": 8,
                    "embed_dim": 12, "depth": 2, "num_heads": 2,
                    "norm_eps": 1e-5})");
  const Outcome probe =
      Run({"--checkpoint", "m.safetensors", "--model", "m.json", "--json"},
          kProbeImages);
  ASSERT_EQ(probe.exit_code, 0) << probe.err;
  EXPECT_THAT(probe.err, AllOf(HasSubstr("LayerNorm eps 1e-06, not 1e-05"),
                               HasSubstr("eps 1e-05, GELU (given)")));
  const json images = json::parse(probe.out)["images"];
  EXPECT_EQ(images["img_size"], 16);
  EXPECT_EQ(images["mean"]["source"], "assumed");
}

TEST_F(Probe, FitsFeaturesAndPixels) {
  for (const std::vector<std::string>& what :
       {std::vector<std::string>{"--checkpoint", "m.safetensors"},
        {"--pixels"},
        {"--checkpoint", "m.safetensors", "--solver", "sgd", "--epochs", "3",
         "--warmup-epochs", "1"},
        {"--checkpoint", "m.safetensors", "--solver", "lars", "--epochs", "3",
         "--warmup-epochs", "1", "--augment"}}) {
    auto args = what;
    args.emplace_back("--json");
    const Outcome probe = Run(args, kProbeImages);
    ASSERT_EQ(probe.exit_code, 0) << probe.err;
    const json result = json::parse(probe.out);
    EXPECT_EQ(result["train"], 4);
    EXPECT_EQ(result["test"], 2);
    const bool model = what[0] == "--checkpoint";
    EXPECT_EQ(result["num_features"] == 12, model);
    EXPECT_EQ(result.contains("images"), model);
    const bool augments = what.back() == "--augment";
    EXPECT_EQ(result["training_features"], augments ? "recomputed" : "cached");
    EXPECT_EQ(result["standardised"], result["solver"] == "lbfgs");
    EXPECT_EQ(result.contains("train_top1"), !augments);
  }
}

TEST_F(Probe, IsReproducibleByItsSeed) {
  const std::vector<std::string> args = {"--checkpoint",    "m.safetensors",
                                         "--solver",        "lars",
                                         "--epochs",        "2",
                                         "--seed",          "7",
                                         "--warmup-epochs", "0"};
  const Outcome once = Run(args, kProbeImages);
  ASSERT_EQ(once.exit_code, 0) << once.err;
  EXPECT_THAT(once.out, AllOf(HasSubstr("top-1 "), HasSubstr("12 features")));
  EXPECT_EQ(Run(args, kProbeImages).out, once.out);
}

// All images are corrupt, so that reading one would be another error.
TEST_F(Probe, OneClassIsAnErrorBeforeImagesAreRead) {
  MakeCorruptImages({"only"}, 3);
  for (const char* solver : {"lbfgs", "lars"}) {
    const Outcome probe =
        Run({"--checkpoint", "m.safetensors", "--solver", solver});
    EXPECT_EQ(probe.exit_code, 6) << probe.err;
    EXPECT_THAT(probe.err, HasSubstr("has one class"));
    EXPECT_THAT(probe.err, Not(HasSubstr(".png")));
  }
  EXPECT_EQ(Run({"--pixels"}).exit_code, 6);
}

TEST_F(Probe, OneImageIsAnErrorBeforeImagesAreRead) {
  MakeCorruptImages({"a", "b"}, 2);
  const Outcome probe = Run({"--pixels", "--subset", "1"});
  EXPECT_EQ(probe.exit_code, 6) << probe.err;
  EXPECT_THAT(probe.err, HasSubstr("one training image"));
}

TEST_F(Probe, BadInputIsAnErrorBeforeImagesAreRead) {
  MakeCorruptImages({"a", "b"}, 2);
  struct Case {
    std::vector<std::string> args;
    int exit_code;
    std::string message;
  };
  const std::vector<std::string> model = {"--checkpoint", "m.safetensors"};
  for (const Case& c : {
           Case{{}, 2, "either --checkpoint FILE or --pixels"},
           Case{{"--pixels", "--checkpoint", "m.safetensors"}, 2, "either"},
           Case{{"--pixels", "--solver", "lbfg"}, 2, "did you mean 'lbfgs'"},
           Case{{"--pixels", "--augment"},
                3,
                "augment: needs the solver lars or sgd"},
           Case{{"--pixels", "--l2", "-1"}, 3, "l2: "},
           Case{{"--pixels", "--l2", "nan"}, 3, "l2: "},
           Case{{"--pixels", "--solver", "sgd", "--batch-size", "1"},
                3,
                "batch_size: "},
           Case{{"--pixels", "--solver", "sgd", "--epochs", "0"}, 3, "epochs"},
           Case{{"--pixels", "--solver", "sgd", "--lr", "-1"}, 3, "lr"},
           Case{{"--pixels", "--solver", "sgd", "--l2", "1"},
                2,
                "--l2: needs --solver lbfgs"},
           Case{{"--pixels", "--epochs", "3"}, 2, "needs --solver lars or sgd"},
           Case{{"--pixels", "--subset", "9"}, 3, "9"},
           Case{{"--pixels", "--subset", "many"}, 2, "many"},
           Case{{"--pixels", "--train-range", "3,2"}, 3, "3"},
           Case{{"--checkpoint", "none.safetensors"}, 4, "none.safetensors"},
           Case{{"--checkpoint", "data/train/a/0.png"}, 5, "0.png"},
       }) {
    const Outcome probe = Run(c.args);
    EXPECT_EQ(probe.exit_code, c.exit_code) << c.message << "\n" << probe.err;
    EXPECT_THAT(probe.err, HasSubstr(c.message));
    EXPECT_EQ(probe.out, "");
  }
  // With valid options, the corrupt image is reported.
  const Outcome probe = Run(model);
  EXPECT_EQ(probe.exit_code, 5);
  EXPECT_THAT(probe.err, HasSubstr("0.png"));
}

TEST_F(Probe, DryRunListsMissingFiles) {
  const Outcome missing =
      RunWsel(folder_, {"probe", "--dataset", "cifar100", "--data-root", "none",
                        "--checkpoint", "vit_tiny.safetensors", "--dry-run"});
  ASSERT_EQ(missing.exit_code, 0) << missing.err;
  EXPECT_THAT(missing.out,
              AllOf(HasSubstr("missing     none"),
                    HasSubstr("missing     vit_tiny.safetensors"),
                    HasSubstr("192 channels"), HasSubstr("50000 images")));
  const Outcome typo =
      RunWsel(folder_, {"probe", "--dataset", "cifar10O", "--data-root", "none",
                        "--pixels", "--dry-run"});
  EXPECT_EQ(typo.exit_code, 3);
  EXPECT_THAT(typo.err, HasSubstr("cifar10"));
}

TEST_F(Probe, DryRunChecksExistingFiles) {
  MakeCorruptImages({"a", "b"}, 2);
  const Outcome probe = Run({"--checkpoint", "m.safetensors", "--dry-run"});
  ASSERT_EQ(probe.exit_code, 0) << probe.err;
  EXPECT_THAT(probe.out,
              AllOf(HasSubstr("12 channels"), HasSubstr("train       4 images"),
                    Not(HasSubstr("missing"))));
  MakeCorruptImages({"a"}, 0);
  fs::remove_all(folder_ / "data" / "train" / "b");
  fs::remove_all(folder_ / "data" / "val" / "b");
  EXPECT_EQ(Run({"--pixels", "--dry-run"}).exit_code, 6);
}

TEST_F(Probe, ChecksTheDevice) {
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--pixels", "--device", "gpu"},
        {"--pixels", "--device", "gpu", "--dry-run"},
        {"--checkpoint", "m.safetensors", "--device", "gpu", "--dry-run"}}) {
    const Outcome probe = Run(more, kProbeImages);
    EXPECT_EQ(probe.exit_code, 2);
    EXPECT_THAT(probe.err, HasSubstr("--device"));
  }
}

TEST_F(Probe, FitsFashionMnistPixels) {
  if (!fs::exists(kFashion)) {
    GTEST_SKIP() << "no Fashion-MNIST: apt-get install dataset-fashion-mnist";
  }
  const Outcome probe =
      RunWsel(folder_,
              {"probe", "--pixels", "--dataset", "fashion_mnist", "--data-root",
               kFashion, "--subset", "200", "--l2", "100", "--json"});
  ASSERT_EQ(probe.exit_code, 0) << probe.err;
  const json result = json::parse(probe.out);
  EXPECT_EQ(result["test"], 10000);
  EXPECT_GT(result["top1"].get<double>(), 60);
}

}  // namespace
}  // namespace wsel
