#include "wsel/nn/build.h"

#include <gmock/gmock.h>

#include <map>

#include "nn/hashed_model.h"
#include "throws.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::nn {
namespace {

using model::Config;
using model::ConvNextConfig;
using model::HashedNormalTensor;
using model::Initializer;
using model::VitConfig;

using testing::ElementsAre;
using testing::IsEmpty;

// Tensors in memory.
class MapSource : public TensorSource {
 public:
  void Put(const std::string& name, const at::Tensor& tensor) {
    if (!tensors_.contains(name)) specs_.push_back({name, {}, DType::kF32});
    tensors_[name] = tensor.contiguous();
    for (TensorSpec& spec : specs_) {
      if (spec.name != name) continue;
      spec.shape = tensor.sizes().vec();
      spec.dtype = FromScalarType(tensor.scalar_type());
    }
  }
  void Remove(const std::string& name) {
    tensors_.erase(name);
    std::erase_if(specs_, [&](const auto& spec) { return spec.name == name; });
  }
  at::Tensor Get(const std::string& name) const { return tensors_.at(name); }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    const at::Tensor& tensor = tensors_.at(std::string(name));
    return {*Find(name), tensor.strides().vec(), BytesOf(tensor), nullptr};
  }

 private:
  std::vector<TensorSpec> specs_;
  std::map<std::string, at::Tensor> tensors_;
};

MapSource SourceOf(const Config& config) {
  MapSource source;
  for (const auto& item : HashedModel(config).module->named_parameters()) {
    source.Put(item.key(), item.value().detach());
  }
  return source;
}

VitConfig BuiltVit() {
  VitConfig c;
  c.name = "small";
  c.img_size = 16;
  c.patch_size = 8;
  c.embed_dim = 12;
  c.depth = 2;
  c.num_heads = 3;
  c.num_classes = 5;
  return c;
}

ConvNextConfig BuiltConvNext(bool conv_mlp) {
  ConvNextConfig c;
  c.dims = {4, 6, 8, 10};
  c.depths = {1, 1, 1, 1};
  c.num_classes = 5;
  c.conv_mlp = conv_mlp;
  return c;
}

at::Tensor BuiltImages(int64_t size) {
  return HashedNormalTensor("input", {2, 3, size, size});
}

// Fills every parameter with 7 and expects an error that leaves it unchanged.
void ExpectLoadError(const MapSource& source,
                     const std::vector<std::string>& parts) {
  Model model = Build(BuiltVit());
  {
    const at::NoGradGuard no_grad;
    for (auto& parameter : model.module->parameters()) parameter.fill_(7);
  }
  ExpectError([&] { Load(model, source); }, ErrorKind::kMismatch, parts);
  for (const auto& parameter : model.module->parameters()) {
    EXPECT_TRUE((parameter == 7).all().item<bool>());
  }
}

TEST(Load, CopiesEveryParameter) {
  Model model = Build(BuiltVit());
  EXPECT_THAT(Load(model, SourceOf(BuiltVit())), IsEmpty());
  const auto expected = HashedModel(BuiltVit()).forward(BuiltImages(16));
  EXPECT_TRUE(at::equal(model.forward(BuiltImages(16)), expected));
}

TEST(Load, ReturnsUnexpectedKeys) {
  auto source = SourceOf(BuiltVit());
  source.Put("mask_token", at::zeros({1, 12}));
  Model model = Build(BuiltVit());
  EXPECT_THAT(Load(model, source), ElementsAre("mask_token"));
}

TEST(Load, ConvertsFloat16) {
  auto source = SourceOf(BuiltVit());
  const auto head = source.Get("head.weight").to(at::kHalf);
  source.Put("head.weight", head);
  Model model = Build(BuiltVit());
  Load(model, source);
  EXPECT_TRUE(at::equal(model.module->named_parameters()["head.weight"],
                        head.to(at::kFloat)));
}

TEST(Load, RejectsAMissingTensor) {
  auto source = SourceOf(BuiltVit());
  source.Remove("head.bias");
  ExpectLoadError(source, {"head.bias", "is missing", "[5]"});
}

// copy_ would broadcast it.
TEST(Load, RejectsAShapeThatWouldBroadcast) {
  auto source = SourceOf(BuiltVit());
  source.Put("head.weight", at::zeros({1, 12}));
  ExpectLoadError(source, {"head.weight", "[1, 12]", "[5, 12]"});
}

TEST(Load, RejectsADifferentShapeOfEqualSize) {
  auto source = SourceOf(BuiltVit());
  source.Put("cls_token", at::zeros({12}));
  ExpectLoadError(source, {"cls_token", "[12]", "[1, 1, 12]"});
  source = SourceOf(BuiltVit());
  source.Put("norm.weight", at::zeros({12, 1, 1}));
  ExpectLoadError(source, {"norm.weight", "[12, 1, 1]"});
}

TEST(Load, RejectsIntegers) {
  auto source = SourceOf(BuiltVit());
  source.Put("head.bias", at::zeros({5}, at::kLong));
  ExpectLoadError(source, {"head.bias", "int64"});
}

TEST(Load, AcceptsPointwiseWeightsAsLinearOrConvolution) {
  for (const bool conv : {false, true}) {
    Model model = Build(BuiltConvNext(conv));
    EXPECT_THAT(Load(model, SourceOf(BuiltConvNext(!conv))), IsEmpty());
    const auto expected =
        HashedModel(BuiltConvNext(!conv)).forward(BuiltImages(32));
    EXPECT_TRUE(at::equal(model.forward(BuiltImages(32)), expected));
  }
}

TEST(Build, RejectsAnInvalidConfig) {
  auto config = BuiltVit();
  config.num_heads = 5;
  ExpectError([&] { Build(config); }, ErrorKind::kConfig, {"small.num_heads"});
}

TEST(Build, SplitsTheForwardPass) {
  const Model vit = HashedModel(BuiltVit());
  const auto tokens = vit.module->forward_features(BuiltImages(16), {});
  EXPECT_EQ(tokens.sizes(), (Shape{2, 5, 12}));
  EXPECT_TRUE(at::equal(vit.module->forward_head(tokens),
                        vit.forward(BuiltImages(16))));

  const Model convnext = HashedModel(BuiltConvNext(true));
  const auto map = convnext.module->forward_features(BuiltImages(64), {});
  EXPECT_EQ(map.sizes(), (Shape{2, 10, 2, 2}));
  EXPECT_TRUE(at::equal(convnext.module->forward_head(map),
                        convnext.forward(BuiltImages(64))));
}

TEST(Build, ADistilledModelHasTwoHeads) {
  auto config = BuiltVit();
  config.dist_token = true;
  const Model model = HashedModel(config);
  const Outputs outputs = model.forward_outputs(BuiltImages(16));
  EXPECT_FALSE(at::equal(outputs.logits, outputs.dist_logits));
  EXPECT_TRUE(at::equal((outputs.logits + outputs.dist_logits) / 2,
                        model.forward(BuiltImages(16))));
}

TEST(ReorderClasses, MovesTheOutputsOfEveryHead) {
  auto config = BuiltVit();
  config.dist_token = true;
  const std::vector<int64_t> outputs = {2, 0, 1, 4, 3};
  Model model = HashedModel(config);
  const at::Tensor before = model.forward(BuiltImages(16));
  ReorderClasses(model, outputs);
  EXPECT_TRUE(at::allclose(model.forward(BuiltImages(16)),
                           before.index_select(1, at::tensor(outputs))));
}

TEST(Vit, RejectsImagesOfADifferentSize) {
  const Model model = HashedModel(BuiltVit());
  ExpectError([&] { model.forward(BuiltImages(32)); }, ErrorKind::kMismatch,
              {"small", "[B, 3, 16, 16]", "[2, 3, 32, 32]"});
}

TEST(Initialize, FollowsTheInitRule) {
  Model model = Build(BuiltVit());
  Initialize(model, Initializer::kTimm, 3);
  const auto parameters = model.module->named_parameters();
  EXPECT_TRUE((parameters["norm.weight"] == 1).all().item<bool>());
  EXPECT_TRUE((parameters["head.bias"] == 0).all().item<bool>());
  EXPECT_NEAR(parameters["blocks.0.mlp.fc1.weight"].std().item<double>(), 0.02,
              0.003);
  Model repeated = Build(BuiltVit());
  Initialize(repeated, Initializer::kTimm, 3);
  EXPECT_TRUE(at::equal(repeated.forward(BuiltImages(16)),
                        model.forward(BuiltImages(16))));
}

}  // namespace
}  // namespace wsel::nn
