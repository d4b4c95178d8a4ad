#include "convnext_scores.h"

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "channel_energy.h"
#include "convnext_pass.h"
#include "finite.h"
#include "tile_sums.h"
#include "wsel/kernels/depthwise.h"

namespace wsel::calibrate {
namespace {

// What each layer of a ConvNeXt adds to the scores.
struct LayerSums {
  std::string tensor;
  size_t axis;
  std::string gamma;  // of the layer's outputs; "": none
};

// The layers in the order of ConvNextSumsOf.
std::vector<LayerSums> ConvNextLayers(const ConvNextPass& teacher) {
  std::vector<LayerSums> layers;
  if (teacher.config().HasOverlappingStem()) {
    layers.push_back({teacher.config().SecondStemConv() + ".weight", 1, ""});
  }
  for (int stage = 0; stage < 4; ++stage) {
    if (teacher.Downsamples(stage)) {
      layers.push_back({teacher.DownsampleName(stage) + ".1.weight", 1, ""});
    }
    for (int64_t b = 0; b < teacher.config().depths[stage]; ++b) {
      const std::string name = ConvNextPass::Name(stage, b);
      layers.push_back({name + ".mlp.fc1.weight", 1, ""});
      layers.push_back({name + ".mlp.fc2.weight", 1, name + ".gamma"});
    }
  }
  return layers;
}

Sums ConvNextSumsOf(const ConvNextPass& teacher, const at::Tensor& images) {
  Sums sums;
  if (teacher.config().HasOverlappingStem()) {
    sums.push_back(Energy(kernels::ToChannelsLast(teacher.StemHidden(images))));
  }
  at::Tensor x = teacher.Stem(images);
  for (int stage = 0; stage < 4; ++stage) {
    if (teacher.Downsamples(stage)) {
      sums.push_back(Energy(teacher.DownsampleNorm(stage, x)));
      x = teacher.Downsample(stage, x);
    }
    for (int64_t b = 0; b < teacher.config().depths[stage]; ++b) {
      const ConvNextBlock block = teacher.Block(stage, b, x);
      sums.push_back(Energy(block.normed));
      sums.push_back(Energy(block.hidden));
      x = block.out;
    }
  }
  const model::ConvNextConfig& config = teacher.config();
  if (config.head_hidden_size > 0) sums.push_back(Energy(teacher.Features(x)));
  sums.push_back(
      NormedEnergy(config.head_norm_first ? x : x.mean({1, 2}),
                   config.norm_layer == model::ConvNextNorm::kLayerNorm));
  return sums;
}

}  // namespace

ScoreTable ConvNextScores(const Reference& reference, const Images& images) {
  const model::ConvNextConfig config = ConvNextOf(reference.config);
  const ConvNextPass teacher(config, reference.weights);
  const Sums sums = SumOverTiles(images.num_tiles(), [&](size_t tile) {
    return ConvNextSumsOf(teacher, images.Tile(tile));
  });
  const Weights& w = reference.weights;
  ScoreTable table = ZeroScores(reference);
  const auto layers = ConvNextLayers(teacher);
  for (size_t i = 0; i < layers.size(); ++i) {
    const LayerSums& layer = layers[i];
    RequireFinite(sums[i], layer.tensor);
    const at::Tensor gamma =
        layer.gamma.empty() ? at::Tensor() : w[layer.gamma];
    SetScores(table, layer.tensor, layer.axis,
              Shares(sums[i] * ColumnNorms(w[layer.tensor], gamma)));
  }
  if (config.head_hidden_size > 0) {
    const at::Tensor& energy = sums[layers.size()];
    RequireFinite(energy, kPreLogits);
    const at::Tensor head = w["head.fc.weight"];
    // Of the layer that gives the channels: the classifier may be left out.
    SetScores(table, std::string(kPreLogits) + ".weight", 0,
              Shares(head.defined() ? energy * ColumnNorms(head, {}) : energy));
  }
  RequireFinite(sums.back(), teacher.FinalNorm());
  SetScores(table, teacher.FinalNorm() + ".weight", 0, Shares(sums.back()));
  return table;
}

}  // namespace wsel::calibrate
