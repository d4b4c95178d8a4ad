#include "wsel/calibrate/best_layers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "finite.h"
#include "layer_chain.h"
#include "tile_sums.h"
#include "wsel/core/error.h"

namespace wsel::calibrate {
namespace {

// x after the layers from `first` on, as features.
at::Tensor Finish(const LayerChain& chain, size_t first, at::Tensor x) {
  for (size_t i = first; i < chain.layers.size(); ++i) {
    x = chain.layers[i].forward(x);
  }
  return chain.features(x);
}

// Of each tile, in float64.
std::vector<at::Tensor> FeaturesOf(const LayerChain& chain,
                                   const Images& images) {
  std::vector<at::Tensor> features(images.num_tiles());
  ForEachTile(features.size(), [&](size_t tile) {
    features[tile] =
        Finish(chain, 0, chain.embed(images.Tile(tile))).to(at::kDouble);
  });
  return features;
}

// The squared change of the whole's `features` without each of `tried` layers.
Sums CostsOf(const at::Tensor& features, const LayerChain& chain,
             const std::vector<size_t>& tried, const at::Tensor& images) {
  Sums sums = {features.square().sum()};
  at::Tensor x = chain.embed(images);
  size_t next = 0;
  for (size_t i = 0; i < chain.layers.size() && next < tried.size(); ++i) {
    if (tried[next] == i) {
      const auto changed = Finish(chain, i + 1, x).to(at::kDouble);
      sums.push_back((changed - features).square().sum());
      ++next;
    }
    x = chain.layers[i].forward(x);
  }
  return sums;
}

// How many blocks each stage has too many. Errors: kMismatch.
std::vector<int64_t> Surplus(const LayerChain& chain,
                             const std::vector<int64_t>& depths) {
  std::vector<int64_t> surplus(depths.size());
  for (const ChainLayer& layer : chain.layers) {
    if (layer.block >= 0) ++surplus[static_cast<size_t>(layer.stage)];
  }
  for (size_t stage = 0; stage < depths.size(); ++stage) {
    if (depths[stage] > surplus[stage]) {
      throw Error(ErrorKind::kMismatch,
                  depths.size() == 1 ? "depth"
                                     : fmt::format("depth of stage {}", stage),
                  "the student has {} blocks, the teacher only {}",
                  depths[stage], surplus[stage]);
    }
    surplus[stage] -= depths[stage];
  }
  return surplus;
}

// The layers that may be dropped, by their place in the chain.
std::vector<size_t> TriedOf(const LayerChain& chain,
                            const std::vector<int64_t>& surplus) {
  std::vector<size_t> tried;
  for (size_t i = 0; i < chain.layers.size(); ++i) {
    const ChainLayer& layer = chain.layers[i];
    if (layer.block >= 0 && surplus[static_cast<size_t>(layer.stage)] > 0) {
      tried.push_back(i);
    }
  }
  return tried;
}

// A layer to drop, and how the features then change.
struct Dropped {
  size_t layer = 0;
  double change = std::numeric_limits<double>::infinity();
};

// The growth of a change for what is saved; where it falls instead, the more is
// saved the better.
double Rate(double growth, double cost) {
  return growth > 0 ? growth / cost : growth * cost;
}

// Of `tried` the one by which the change grows least from `before` for what it
// costs. Errors: kMismatch.
Dropped LeastOf(const LayerChain& chain, const std::vector<size_t>& tried,
                const std::vector<double>& costs, const Sums& sums,
                double before) {
  const double energy = sums[0].item<double>();
  if (energy == 0) {
    throw Error(ErrorKind::kMismatch, "layers",
                "the teacher's features on the calibration images are all 0, "
                "so no block can be chosen by them; give other images, or list "
                "the blocks");
  }
  Dropped least{tried[0]};
  double least_rate = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < tried.size(); ++i) {
    const double change = sums[i + 1].item<double>() / energy;
    const auto stage = static_cast<size_t>(chain.layers[tried[i]].stage);
    const double rate = Rate(change - before, costs[stage]);
    if (!(rate <= least_rate)) continue;
    least_rate = rate;
    least = {tried[i], change};
  }
  if (std::isfinite(least.change)) return least;
  ThrowNotFinite(chain.layers[least.layer].name,
                 "the teacher's features on the calibration images have");
}

std::vector<std::vector<int64_t>> LayersOf(const LayerChain& chain,
                                           size_t stages) {
  std::vector<std::vector<int64_t>> layers(stages);
  for (const ChainLayer& layer : chain.layers) {
    if (layer.block < 0) continue;
    layers[static_cast<size_t>(layer.stage)].push_back(layer.block);
  }
  return layers;
}

}  // namespace

std::vector<DepthStep> DropBlocks(const Reference& teacher,
                                  const std::vector<int64_t>& depths,
                                  const std::vector<double>& costs,
                                  const Images& all_images) {
  const Images images = all_images.EvenlySpaced(kDepthImages);
  const LayerChain whole = ChainOf(teacher.config, teacher.weights);
  const auto features = FeaturesOf(whole, images);
  LayerChain chain = whole;
  auto surplus = Surplus(whole, depths);
  std::vector<DepthStep> steps = {{LayersOf(whole, depths.size()), "", 0}};
  while (true) {
    const auto tried = TriedOf(chain, surplus);
    if (tried.empty()) return steps;
    const Sums sums = SumOverTiles(images.num_tiles(), [&](size_t tile) {
      return CostsOf(features[tile], chain, tried, images.Tile(tile));
    });
    const Dropped least =
        LeastOf(chain, tried, costs, sums, steps.back().change);
    const ChainLayer layer = chain.layers[least.layer];
    --surplus[static_cast<size_t>(layer.stage)];
    chain.layers.erase(chain.layers.begin() +
                       static_cast<int64_t>(least.layer));
    steps.push_back({LayersOf(chain, depths.size()), layer.name, least.change});
  }
}

BestLayers ChooseBestLayers(const Reference& teacher,
                            const std::vector<int64_t>& depths,
                            const Images& images) {
  const std::vector<double> equal_costs(depths.size(), 1);
  BestLayers best;
  for (const DepthStep& step :
       DropBlocks(teacher, depths, equal_costs, images)) {
    best.layers = step.layers;
    if (step.dropped.empty()) continue;
    best.dropped.push_back(
        fmt::format("{}: {:.3g}", step.dropped, step.change));
  }
  return best;
}

}  // namespace wsel::calibrate
