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

// The squared change of the features without each of `tried` layers.
Sums CostsOf(const LayerChain& whole, const LayerChain& chain,
             const std::vector<size_t>& tried, const at::Tensor& images) {
  const auto features = Finish(whole, 0, whole.embed(images)).to(at::kDouble);
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

}  // namespace

BestLayers ChooseBestLayers(const Reference& teacher,
                            const std::vector<int64_t>& depths,
                            const Images& all_images) {
  const Images images = all_images.First(kDepthImages);
  const LayerChain whole = ChainOf(teacher.config, teacher.weights);
  LayerChain chain = whole;
  auto surplus = Surplus(whole, depths);
  BestLayers best;
  while (true) {
    std::vector<size_t> tried;
    for (size_t i = 0; i < chain.layers.size(); ++i) {
      const ChainLayer& layer = chain.layers[i];
      if (layer.block >= 0 && surplus[static_cast<size_t>(layer.stage)] > 0) {
        tried.push_back(i);
      }
    }
    if (tried.empty()) break;
    const Sums sums = SumOverTiles(images.num_tiles(), [&](size_t tile) {
      return CostsOf(whole, chain, tried, images.Tile(tile));
    });
    const double energy = sums[0].item<double>();
    double least = std::numeric_limits<double>::infinity();
    size_t worst = tried[0];
    for (size_t i = 0; i < tried.size(); ++i) {
      const double cost = sums[i + 1].item<double>() / energy;
      if (!(cost <= least)) continue;
      least = cost;
      worst = tried[i];
    }
    const ChainLayer& layer = chain.layers[worst];
    if (!std::isfinite(least)) {
      ThrowNotFinite(layer.name,
                     "the teacher's features on the calibration images have");
    }
    best.dropped.push_back(fmt::format("{}: {:.3g}", layer.name, least));
    --surplus[static_cast<size_t>(layer.stage)];
    chain.layers.erase(chain.layers.begin() + static_cast<int64_t>(worst));
  }
  best.layers.resize(depths.size());
  for (const ChainLayer& layer : chain.layers) {
    if (layer.block < 0) continue;
    best.layers[static_cast<size_t>(layer.stage)].push_back(layer.block);
  }
  return best;
}

}  // namespace wsel::calibrate
