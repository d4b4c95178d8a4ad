#include <ATen/ATen.h>

#include <variant>

#include "convnext_pass.h"
#include "finite.h"
#include "score_table.h"
#include "tile_sums.h"
#include "vit_pass.h"
#include "wsel/calibrate/importance.h"
#include "wsel/kernels/depthwise.h"

namespace wsel::calibrate {
namespace {

// The sum over all rows of x^2: [..., n] -> [n] float64.
at::Tensor Energy(const at::Tensor& x) {
  return x.flatten(0, -2).to(at::kDouble).square().sum(0);
}

// The same of x divided by its norm, as a norm sees it: each row counts alike.
// A layer norm takes the mean off first.
at::Tensor NormedEnergy(const at::Tensor& x, bool is_layer_norm = true) {
  auto rows = x.flatten(0, -2).to(at::kDouble);
  if (is_layer_norm) rows = rows - rows.mean(1, /*keepdim=*/true);
  const auto squares = rows.square();
  return (squares / squares.sum(1, /*keepdim=*/true).clamp_min(1e-300)).sum(0);
}

// Shares of 1; zeros if all are zero.
at::Tensor Shares(const at::Tensor& scores) {
  const auto sum = scores.sum();
  return sum.item<double>() > 0 ? scores / sum : scores;
}

// The squared norm of each column of a weight [out, in, ...], whose rows are
// scaled by `gamma` if that is defined: [in].
at::Tensor ColumnNorms(const at::Tensor& weight, const at::Tensor& gamma) {
  auto w = weight.to(at::kDouble).flatten(1);
  if (gamma.defined()) w = w * gamma.to(at::kDouble).unsqueeze(1);
  // A column of a kernel is all its positions.
  return w.square().sum(0).view({weight.size(1), -1}).sum(1);
}

// The sums of each block; that of the final norm follows.
enum VitSum {
  kAttentionInput,
  kQueries,
  kKeys,
  kAttentionOutput,  // before proj
  kMlpInput,
  kHidden,
  kVitSums
};

Sums VitSumsOf(const VitPass& teacher, const at::Tensor& images) {
  Sums sums;
  at::Tensor x = teacher.Embed(images);
  for (int64_t b = 0; b < teacher.config().depth; ++b) {
    const AttentionHalf attention = teacher.Attend(b, x);
    const MlpHalf mlp = teacher.Mlp(b, attention.out);
    const auto thirds = attention.qkv.chunk(3, -1);
    for (const at::Tensor& sum :
         {NormedEnergy(x), Energy(thirds[0]), Energy(thirds[1]),
          Energy(attention.mixed), NormedEnergy(attention.out),
          Energy(mlp.hidden)}) {
      sums.push_back(sum);
    }
    x = mlp.out;
  }
  sums.push_back(NormedEnergy(teacher.FinalNormInput(x)));
  return sums;
}

ScoreTable VitScores(const Reference& reference, const model::VitConfig& config,
                     const Images& images) {
  const VitPass teacher(config, reference.weights);
  const Sums all = SumOverTiles(images.num_tiles(), [&](size_t tile) {
    return VitSumsOf(teacher, images.Tile(tile));
  });
  const Weights& w = reference.weights;
  ScoreTable table = ZeroScores(reference);
  for (int64_t b = 0; b < config.depth; ++b) {
    const std::string name = VitPass::Block(b);
    const auto first = all.begin() + kVitSums * b;
    const Sums sums(first, first + kVitSums);
    RequireFinite(sums, name);
    const std::string qkv = name + ".attn.qkv.weight";
    const std::string proj = name + ".attn.proj.weight";
    const std::string fc2 = name + ".mlp.fc2.weight";
    SetScores(table, qkv, 1, Shares(sums[kAttentionInput]));
    const auto logits = Shares((sums[kQueries] * sums[kKeys]).sqrt()) / 2;
    SetScores(table, qkv, 0, at::cat({logits, logits, at::zeros_like(logits)}));
    SetScores(table, proj, 1,
              Shares(sums[kAttentionOutput] *
                     ColumnNorms(w[proj], w[name + ".ls1.gamma"])));
    SetScores(table, name + ".mlp.fc1.weight", 1, Shares(sums[kMlpInput]));
    SetScores(
        table, fc2, 1,
        Shares(sums[kHidden] * ColumnNorms(w[fc2], w[name + ".ls2.gamma"])));
  }
  RequireFinite(all.back(), teacher.FinalNorm());
  SetScores(table, teacher.FinalNorm() + ".weight", 0, Shares(all.back()));
  return table;
}

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

ScoreTable ConvNextScores(const Reference& reference,
                          const model::ConvNextConfig& config,
                          const Images& images) {
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

ScoreTable ScoresOf(const Reference& teacher, const Images& images) {
  const OneThreadEach guard;
  if (const auto* vit = std::get_if<model::VitConfig>(&teacher.config)) {
    return VitScores(teacher, *vit, images);
  }
  return ConvNextScores(teacher, ConvNextOf(teacher.config), images);
}

}  // namespace

select::ImportanceScores ActivationScores(const Reference& teacher,
                                          const Images& images) {
  return Lazily([&] { return ScoresOf(teacher, images); });
}

}  // namespace wsel::calibrate
