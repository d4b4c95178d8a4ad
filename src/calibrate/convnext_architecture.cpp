#include <ATen/ATen.h>

#include <memory>
#include <optional>
#include <variant>

#include "architecture.h"
#include "convnext_pass.h"
#include "convnext_regression.h"
#include "convnext_scores.h"
#include "wsel/core/error.h"

namespace wsel::calibrate {
namespace {

LayerChain ConvNextChain(const model::Config& config, const Weights& weights) {
  const auto pass =
      std::make_shared<const ConvNextPass>(ConvNextOf(config), weights);
  LayerChain chain;
  chain.embed = [pass](const at::Tensor& images) { return pass->Stem(images); };
  for (int stage = 0; stage < 4; ++stage) {
    if (pass->Downsamples(stage)) {
      chain.layers.push_back({ConvNextPass::DownsampleName(stage), stage, -1,
                              [pass, stage](const at::Tensor& x) {
                                return pass->Downsample(stage, x);
                              }});
    }
    for (int64_t b = 0; b < pass->config().depths[stage]; ++b) {
      chain.layers.push_back({ConvNextPass::Name(stage, b), stage, b,
                              [pass, stage, b](const at::Tensor& x) {
                                return pass->Block(stage, b, x).out;
                              }});
    }
  }
  chain.features = [pass](const at::Tensor& x) { return pass->Features(x); };
  chain.logits = [pass](const at::Tensor& x) { return pass->Logits(x); };
  return chain;
}

// Streams are compared position by position.
void RequireStrideOf(const model::ConvNextConfig& teacher,
                     const model::Config& student) {
  if (!teacher.HasOverlappingStem() ||
      PatchSize(student) == teacher.patch_size) {
    return;
  }
  throw Error(ErrorKind::kMismatch, "patch_size",
              "is {}, but the teacher's overlapping stem (stem_type) has "
              "stride {}, so that their streams differ in size; use {}",
              PatchSize(student), teacher.patch_size, teacher.patch_size);
}

// A ConvNeXt V2 has one form of stem and pooling.
bool TakeConvNextPooling(model::Config& teacher, const model::Config& student) {
  auto* convnext = std::get_if<model::ConvNextConfig>(&teacher);
  if (convnext == nullptr) return true;
  RequireStrideOf(*convnext, student);
  // A hidden layer before the classifier is only after pooling and norm.
  convnext->head_norm_first =
      ConvNextOf(student).head_norm_first && convnext->head_hidden_size == 0;
  return true;
}

BlockInputs ConvNextBlockInputs(const model::Config&, const BlockPlace& place) {
  return {{{place.name + ".mlp.fc1", 0, place.width}},
          std::nullopt,
          {place.name + ".mlp.fc2", 0, 4 * place.width}};
}

}  // namespace

const Architecture kConvNextArchitecture = {
    .chain = ConvNextChain,
    .activation_scores = ConvNextScores,
    .regress = RegressConvNext,
    .take_tokens = TakeConvNextPooling,
    .norm = [](const model::Config&) { return model::Norm::kLayerNorm; },
    .block_inputs = ConvNextBlockInputs,
    .hidden_channels = [](const model::Config&,
                          int64_t width) { return 4 * width; },
};

}  // namespace wsel::calibrate
