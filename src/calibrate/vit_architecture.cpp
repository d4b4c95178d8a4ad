#include <ATen/ATen.h>

#include <memory>
#include <variant>

#include "architecture.h"
#include "vit_moved_block.h"
#include "vit_pass.h"
#include "vit_scores.h"
#include "vit_solve.h"
#include "vit_spectrum.h"

namespace wsel::calibrate {
namespace {

LayerChain VitChain(const model::Config& config, const Weights& weights) {
  const auto pass = std::make_shared<const VitPass>(
      std::get<model::VitConfig>(config), weights);
  LayerChain chain;
  chain.embed = [pass](const at::Tensor& images) {
    return pass->Embed(images);
  };
  for (int64_t b = 0; b < pass->config().depth; ++b) {
    chain.layers.push_back(
        {VitPass::Block(b), 0, b,
         [pass, b](const at::Tensor& x) { return pass->Forward(b, x); }});
  }
  chain.features = [pass](const at::Tensor& x) {
    const auto normed = pass->FinalNormed(pass->FinalNormInput(x));
    return pass->config().pooling == model::Pooling::kAttention
               ? pass->HeadInputs(normed)[0]
               : normed;
  };
  chain.logits = [pass](const at::Tensor& x) { return pass->Logits(x); };
  return chain;
}

bool TakeVitTokens(model::Config& teacher, const model::Config& student) {
  auto& to = std::get<model::VitConfig>(teacher);
  const auto& from = std::get<model::VitConfig>(student);
  // A distilled one has a classifier for each of two tokens.
  const bool has_classifiers = to.dist_token || !from.dist_token;
  to.pooling = from.pooling;
  to.pool_include_prefix = from.pool_include_prefix;
  to.class_token = from.class_token;
  to.dist_token = from.dist_token;
  to.reg_tokens = from.reg_tokens;
  to.no_embed_class = from.no_embed_class;
  return has_classifiers;
}

// The layer's first tensor has the scores of its input.
WriterColumns InputOf(const StackedLayer& layer, int64_t width) {
  return {layer.Name(), 0, width};
}

BlockInputs VitBlockInputs(const model::Config& config,
                           const BlockPlace& place) {
  const auto& c = std::get<model::VitConfig>(config);
  const int64_t b = place.block;
  BlockInputs inputs{{}, AttentionColumns(c, b), HiddenColumns(c, b)};
  if (IsParallel(c)) {
    inputs.of_stream = {InputOf(ParallelLayer(c, b), c.embed_dim)};
  } else {
    inputs.of_stream = {InputOf(HiddenLayer(c, b), c.embed_dim),
                        InputOf(QkvLayer(c, b), c.embed_dim)};
  }
  return inputs;
}

}  // namespace

const Architecture kVitArchitecture = {
    .chain = VitChain,
    .activation_scores = VitScores,
    .regress = RegressVit,
    .project = ProjectVit,
    .take_tokens = TakeVitTokens,
    .norm =
        [](const model::Config& config) {
          return std::get<model::VitConfig>(config).norm;
        },
    .renumber_block =
        [](const model::Config& config, int64_t from, int64_t to,
           Weights& weights) {
          KeepLambda(std::get<model::VitConfig>(config), from, to, weights);
        },
    .block_inputs = VitBlockInputs,
    .hidden_channels =
        [](const model::Config& config, int64_t) {
          return std::get<model::VitConfig>(config).MlpHidden();
        },
    .spectrum = VitSpectrum,
};

}  // namespace wsel::calibrate
