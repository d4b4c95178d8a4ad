#include "wsel/model/drop_path.h"

#include <fmt/format.h>

#include <numeric>

#include "architecture.h"
#include "wsel/core/philox.h"

namespace wsel::model {
namespace {

int64_t NumBlocks(const Config& config) {
  const auto depths = StageDepths(config);
  return std::accumulate(depths.begin(), depths.end(), int64_t{0});
}

int64_t BranchesPerBlock(const Config& config) {
  return WithArchitecture(config, [](const auto& architecture, const auto& c) {
    return architecture.branches_per_block(c);
  });
}

// torch.linspace(0, rate, blocks)[block], as in timm.
double RateOf(int64_t block, int64_t blocks, double rate) {
  if (blocks == 1) return 0;
  return rate * static_cast<double>(block) / static_cast<double>(blocks - 1);
}

}  // namespace

int64_t DropPathBranches(const Config& config) {
  return NumBlocks(config) * BranchesPerBlock(config);
}

std::vector<float> DropPathScales(const Config& config, double rate,
                                  uint64_t seed, int64_t step, int64_t first,
                                  int64_t count) {
  const RandomStream stream(seed, fmt::format("drop_path.{}", step));
  const int64_t blocks = NumBlocks(config);
  const int64_t per_block = BranchesPerBlock(config);
  const int64_t branches = blocks * per_block;
  std::vector<float> scales;
  scales.reserve(static_cast<size_t>(branches * count));
  for (int64_t branch = 0; branch < branches; ++branch) {
    const double keep = 1 - RateOf(branch / per_block, blocks, rate);
    for (int64_t position = first; position < first + count; ++position) {
      const int64_t address = position * branches + branch;
      const bool kept = stream.Uniform(static_cast<uint64_t>(address)) < keep;
      scales.push_back(kept ? static_cast<float>(1 / keep) : 0.0F);
    }
  }
  return scales;
}

}  // namespace wsel::model
