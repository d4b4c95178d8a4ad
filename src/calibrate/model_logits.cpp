#include "model_logits.h"

#include <ATen/ATen.h>

#include "convnext_pass.h"
#include "vit_pass.h"

namespace wsel::calibrate {

model::ConvNextConfig ConvNextOf(const model::Config& config) {
  const auto* v2 = std::get_if<model::ConvNextV2Config>(&config);
  return v2 != nullptr ? v2->WithoutGrn()
                       : std::get<model::ConvNextConfig>(config);
}

at::Tensor ModelLogits(const model::Config& config, const Weights& weights,
                       const at::Tensor& images) {
  if (const auto* vit = std::get_if<model::VitConfig>(&config)) {
    const VitPass pass(*vit, weights);
    at::Tensor x = pass.Embed(images);
    for (int64_t b = 0; b < vit->depth; ++b) {
      x = pass.Mlp(b, pass.Attend(b, x).out).out;
    }
    return pass.Logits(x);
  }
  const ConvNextPass pass(ConvNextOf(config), weights);
  at::Tensor x = pass.Stem(images);
  for (int stage = 0; stage < 4; ++stage) {
    if (pass.Downsamples(stage)) x = pass.Downsample(stage, x);
    for (int64_t b = 0; b < pass.config().depths[stage]; ++b) {
      x = pass.Block(stage, b, x).out;
    }
  }
  return pass.Logits(x);
}

}  // namespace wsel::calibrate
