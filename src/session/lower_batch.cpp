#include "wsel/session/lower_batch.h"

#include <spdlog/spdlog.h>

#include <numeric>

#include "wsel/augment/options.h"
#include "wsel/data/sampler.h"

namespace wsel::session {
namespace {

// What divides every batch size that each rank can compute in whole
// micro-batches and mixup groups, as far as these are given.
int64_t BatchUnit(const recipe::Recipe& recipe, int ranks) {
  const train::Options& train = recipe.train;
  int64_t unit = 1;
  if (MixingEnabled(train.mix)) {
    unit = recipe.default_mixup_batch ? 2 : train.mixup_batch;
  }
  if (train.micro_batch > 0) unit = std::lcm(unit, train.micro_batch);
  return unit * ranks;
}

}  // namespace

void LowerBatch(recipe::Recipe& recipe, int64_t images, int ranks) {
  train::Options& train = recipe.train;
  const int64_t size = data::EpochSize(images, train.repeats);
  if (!recipe.default_batch_size || size >= train.batch_size) return;
  const int64_t unit = BatchUnit(recipe, ranks);
  const int64_t lowered = size / unit * unit;
  if (lowered == 0) return;  // StepsPerEpoch says so
  spdlog::info(
      "train.batch_size {}, lowered from the default {}: there are {} training "
      "images",
      lowered, train.batch_size, images);
  train.batch_size = lowered;
  if (!MixingEnabled(train.mix) || !recipe.default_mixup_batch) return;
  // What divides the micro-batch divides the batch, too.
  const int64_t part = train.micro_batch > 0 && train.micro_batch % 2 == 0
                           ? train.micro_batch
                           : lowered / ranks;
  const int64_t mixed = train::SolveMixupBatch(part, train.mixup_batch);
  if (mixed == 0 || mixed == train.mixup_batch) return;
  train.mixup_batch = mixed;
  spdlog::info("train.mixup_batch {}, which divides the batch", mixed);
}

void AdoptLoweredBatch(const recipe::Recipe& saved, recipe::Recipe& recipe) {
  if (recipe.default_batch_size &&
      saved.train.batch_size < recipe.train.batch_size) {
    recipe.train.batch_size = saved.train.batch_size;
  }
  if (recipe.default_mixup_batch) {
    recipe.train.mixup_batch = saved.train.mixup_batch;
  }
}

}  // namespace wsel::session
