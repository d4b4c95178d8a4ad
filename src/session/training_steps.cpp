#include "wsel/session/training_steps.h"

#include <filesystem>

#include "wsel/data/sampler.h"
#include "wsel/session/open_splits.h"

namespace wsel::session {

int64_t TrainingSteps::Of(const recipe::Recipe& recipe) {
  const int64_t size = SizeOf(recipe.data);
  if (size == 0) return 0;
  return data::StepsPerEpoch(size, recipe.train.batch_size,
                             recipe.train.repeats) *
         recipe.train.schedule.epochs;
}

int64_t TrainingSteps::SizeOf(const data::DataOptions& data) {
  const int64_t known = SizesWithoutFiles(data).train;
  if (known > 0 || !std::filesystem::exists(data.root)) return known;
  const auto [at, is_new] = opened_.try_emplace(
      Key(data.name, data.root, data.labels, data.train_range, data.classes,
          data.subset, data.val_split, data.split_seed, data.validation,
          data.multi_label));
  if (is_new) {
    data::DataOptions resolved = data;
    ResolveValSplit(resolved);
    at->second = SizesOf(resolved, Splits::kBoth).train;
  }
  return at->second;
}

}  // namespace wsel::session
