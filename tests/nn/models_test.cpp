// Compares with timm: logits and all gradients of small models, with goldens by
// scripts/golden/models.py in float64, and the live check of
// scripts/golden/parity.py.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "model/golden.h"
#include "nn/hashed_model.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"
#include "wsel/nn/build.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::nn {
namespace {

using model::Config;
using model::ConfigFromJson;
using model::FindVariant;
using model::GoldenFolder;
using model::HashedNormalTensor;
using model::NameOf;
using model::ParameterSpec;
using model::ParameterSpecs;
using model::Variant;
using model::Variants;

std::vector<std::filesystem::path> FilesIn(const std::filesystem::path& folder,
                                           const std::string& ending) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().string().ends_with(ending)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

double LargestDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

double Norm(const at::Tensor& tensor) { return tensor.norm().item<double>(); }

double Distance(const at::Tensor& a, const at::Tensor& b) {
  return Norm(a - b);
}

// Compares logits and the gradients of sum(logits * cotangent) with the file's,
// with drop path if the file has factors for it ("branch_scales").
void ExpectModelGolden(const checkpoint::Checkpoint& golden) {
  const Config config = ConfigFromJson(golden.metadata().at("config"), "golden",
                                       ErrorKind::kFormat);
  Model model = HashedModel(config);
  const auto [height, width] = ImageSize(config);
  const auto input =
      HashedNormalTensor("input", {2, InChans(config), height, width});
  const bool drop_path = golden.Find("branch_scales") != nullptr;
  const auto logits =
      drop_path ? model.forward(input, Borrow(golden.View("branch_scales")))
                : model.forward(input);
  const auto expected = Borrow(golden.View("logits"));
  ASSERT_EQ(logits.sizes(), expected.sizes());
  EXPECT_LT(LargestDifference(logits, expected), 2e-5);

  (logits * HashedNormalTensor("cotangent", logits.sizes())).sum().backward();
  const auto parameters = model.module->named_parameters();
  EXPECT_EQ(parameters.size() + (drop_path ? 2 : 1), golden.Specs().size());
  for (const auto& item : parameters) {
    const auto gradient = item.value().grad();
    ASSERT_TRUE(gradient.defined()) << item.key();
    const auto expected = Borrow(golden.View("grad." + item.key()));
    // Some are 0 but for rounding, such as those of a bias of all keys.
    EXPECT_LT(Distance(gradient, expected), 1e-4 * Norm(expected) + 1e-6)
        << item.key();
  }
}

TEST(Models, MatchTimmsLogitsAndGradients) {
  const auto files = FilesIn(GoldenFolder() / "logits", ".safetensors");
  EXPECT_GE(files.size(), 62U);
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename());
    ExpectModelGolden(*checkpoint::Open(file));
  }
}

// Of images that are not square; of others the variants' goldens have them.
TEST(Models, CountTheFlopsOfRectanglesAsTorch) {
  int counted = 0;
  for (const auto& file : FilesIn(GoldenFolder() / "logits", ".safetensors")) {
    const auto golden = checkpoint::Open(file);
    const auto flops = golden->metadata().find("flops");
    if (flops == golden->metadata().end()) continue;
    const Config config = ConfigFromJson(golden->metadata().at("config"),
                                         file.string(), ErrorKind::kFormat);
    EXPECT_FALSE(ImageSize(config).IsSquare());
    EXPECT_EQ(std::to_string(Flops(config)), flops->second) << file;
    ++counted;
  }
  EXPECT_EQ(counted, 9);
}

// Goldens by scripts/golden/drop_path.py.
TEST(Models, MatchTimmsDropPath) {
  const auto files = FilesIn(GoldenFolder() / "drop_path", ".safetensors");
  EXPECT_EQ(files.size(), 3U);
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename());
    ExpectModelGolden(*checkpoint::Open(file));
  }
}

TEST(Models, ForwardTrainWithoutScalesIsForward) {
  Model model = HashedModel(FindVariant("vit_tiny_patch16_224").config);
  const auto images = HashedNormalTensor("input", {1, 3, 224, 224});
  EXPECT_TRUE(model.forward(images, {}).equal(model.forward(images)));
}

TEST(Models, RejectScalesOfADifferentShape) {
  Model model = Build(FindVariant("convnext_femto").config);
  const auto images = at::zeros({2, 3, 64, 64});
  try {
    model.forward(images, at::ones({24, 2}));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMismatch);
    EXPECT_NE(std::string(error.what()).find("[12, 2]"), std::string::npos)
        << error.what();
  }
}

TEST(Models, HaveTheirParameterSpecsInOrder) {
  for (const Variant& variant : Variants()) {
    const Model model = Build(variant.config);
    std::vector<TensorSpec> found;
    for (const auto& item : model.module->named_parameters()) {
      EXPECT_TRUE(item.value().requires_grad());
      found.push_back({item.key(), item.value().sizes().vec()});
    }
    std::vector<TensorSpec> expected;
    for (const ParameterSpec& parameter : ParameterSpecs(variant.config)) {
      expected.push_back(parameter.spec);
    }
    EXPECT_EQ(found, expected) << NameOf(variant.config);
  }
}

// Models of random architectures with random weights, an input and timm's
// float64 logits, by scripts/golden/parity.py. Errors are relative.
TEST(Parity, LogitsMatchTimm) {
  const char* folder = std::getenv("WSEL_PARITY_DIR");
  if (folder == nullptr) {
    GTEST_SKIP() << "scripts/golden/parity.py sets WSEL_PARITY_DIR";
  }
  const auto files = FilesIn(folder, ".case.safetensors");
  ASSERT_FALSE(files.empty());
  const at::NoGradGuard no_grad;
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename());
    const auto golden = checkpoint::Open(file);
    const std::string json = golden->metadata().at("config");
    SCOPED_TRACE(json);
    std::string weights = file.string();
    weights.replace(weights.rfind(".case."), 6, ".weights.");
    Model model = Build(ConfigFromJson(json, "case", ErrorKind::kFormat));
    EXPECT_TRUE(Load(model, *checkpoint::Open(weights)).empty());
    const auto logits = model.forward(Borrow(golden->View("input")));
    const auto expected = Borrow(golden->View("logits"));
    ASSERT_EQ(logits.sizes(), expected.sizes());
    const double scale = std::max(1.0, expected.abs().max().item<double>());
    EXPECT_LT(LargestDifference(logits, expected) / scale, 2e-5);
  }
}

}  // namespace
}  // namespace wsel::nn
