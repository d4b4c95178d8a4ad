#include "wsel/session/resolve_recipe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "resumed_changes.h"
#include "wsel/augment/mix.h"
#include "wsel/core/error.h"
#include "wsel/core/text_file.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/session/lower_batch.h"
#include "wsel/train/device.h"

namespace wsel::session {
namespace {

// Larger micro-batches are not faster on a CPU, and hardly on a GPU.
constexpr int64_t kMaxMicroBatchCpu = 64;
constexpr int64_t kMaxMicroBatchGpu = 1024;

// Images of each effective batch for one rank, before micro_batch is known.
int64_t ShareOfBatch(const train::Options& options, int64_t mixup_batch,
                     int ranks) {
  if (ranks == 1) return options.batch_size;
  return distributed::ShareOf(0, ranks, options.batch_size, mixup_batch,
                              "train.batch_size", "train.mixup_batch")
      .count;
}

// Whether each rank computes whole chunks with the options of a saved run.
bool CanShare(const train::Options& options, int ranks) {
  return options.micro_batch > 0 && options.batch_size % ranks == 0 &&
         options.batch_size / ranks % ChunkSize(options) == 0;
}

// Defaults that changed, or that the run resolved by its data set.
void AdoptValidation(const data::DataOptions& saved, data::DataOptions& data) {
  if (data.val_split == 0) data.val_split = saved.val_split;
  if (data.validation == data::Validation::kAuto) {
    data.validation = saved.validation;
  }
  if (!data.subset_balanced) data.subset_balanced = saved.subset_balanced;
}

}  // namespace

RankCount RanksOf(const distributed::ProcessGroup* group) {
  if (group == nullptr) return {};
  return {group->size(), group->local_size()};
}

void ResolveAutoOptions(recipe::Recipe& recipe, const c10::Device& device,
                        const RankCount& ranks) {
  auto& train = recipe.train;
  if (ranks.all > 1) train::Validate(train);
  const auto choice = train::ResolvePrecision(train.precision, device);
  if (train.precision == train::Precision::kAuto) {
    spdlog::info("precision {} on {}: {}",
                 train::Precisions().NameOf(choice.precision), device.str(),
                 choice.reason);
  }
  train.precision = choice.precision;
  if (train.micro_batch == 0) {
    const double limit = train.memory_gib * 1024 * 1024 * 1024;
    const int64_t mixup_batch =
        MixingEnabled(train.mix) ? train.mixup_batch : 1;
    const int64_t budget =
        train::MemoryBudget(device) / (device.is_cpu() ? ranks.here : 1);
    train.micro_batch = train::SolveMicroBatch(
        ShareOfBatch(train, mixup_batch, ranks.all), mixup_batch,
        model::ActivationBytes(recipe.model),
        limit > 0 ? static_cast<int64_t>(limit) : budget,
        device.is_cpu() ? kMaxMicroBatchCpu : kMaxMicroBatchGpu);
  }
  if (train.eval_batch == 0) train.eval_batch = train.micro_batch;
  train::Validate(train);
  if (ranks.all > 1) train::ShareOf(train, 0, ranks.all);
}

bool CheckResumeConfig(recipe::Recipe& recipe, const run::RunFolder& folder,
                       int ranks) {
  const std::string where = folder.config().string();
  auto saved = recipe::RecipeOfRun(ReadText(folder.config()), where);
  AdoptLoweredBatch(saved, recipe);
  // So far no image was corrupt, or the run would have ended.
  const bool skips_now = recipe.data.skip_corrupt && !saved.data.skip_corrupt;
  if (skips_now) {
    saved.data.skip_corrupt = true;
    spdlog::info("data.skip_corrupt true, was false");
  }
  auto& train = recipe.train;
  // As where the recipe is the run's own.
  if (train.micro_batch > 0 && train.micro_batch == saved.train.micro_batch &&
      !CanShare(saved.train, ranks)) {
    spdlog::info("{} ranks cannot share train.micro_batch {}: chosen again",
                 ranks, train.micro_batch);
    train.micro_batch = 0;
  }
  if (train.micro_batch == 0 && CanShare(saved.train, ranks)) {
    train.micro_batch = saved.train.micro_batch;
  } else if (train.micro_batch == 0) {
    saved.train.micro_batch = 0;  // changes only rounding
  }
  if (train.eval_batch == 0) train.eval_batch = saved.train.eval_batch;
  if (train.precision == train::Precision::kAuto) {
    train.precision = saved.train.precision;
    spdlog::info("precision {}, as the run began",
                 train::Precisions().NameOf(train.precision));
  }
  // The default changed.
  auto& order = train.transform.pass_order;
  if (order == image::PassOrder::kPillow13) {
    order = saved.train.transform.pass_order;
    train.evaluation.pass_order = order;
  }
  AdoptValidation(saved.data, recipe.data);
  if (!recipe.num_classes) {
    SetNumClasses(recipe.model, NumClasses(saved.model));
  }
  const bool changed = AcceptChanges(saved, recipe) || skips_now;
  const auto differences = recipe::Differences(saved, recipe);
  if (differences.empty()) return changed;
  throw Error(ErrorKind::kConfig, where,
              "the run was started with another configuration; resume with "
              "that one, or train into another folder:\n  {}",
              fmt::join(differences, "\n  "));
}

void SetClasses(recipe::Recipe& recipe, int64_t classes) {
  if (!recipe.num_classes || *recipe.num_classes == classes) {
    SetNumClasses(recipe.model, classes);
    return;
  }
  throw Error(ErrorKind::kMismatch, "model.num_classes",
              "is {}, but {} has {} classes", *recipe.num_classes,
              recipe.data.name, classes);
}

void CheckClassWeights(const recipe::Recipe& recipe,
                       const std::vector<std::string>& classes) {
  const train::ClassWeights& given = recipe.train.class_weights;
  const bool known = !classes.empty() && !classes.front().empty();
  if (given.kind == train::ClassWeights::kGiven && known) {
    train::WeightsOf(given, classes);
  }
}

}  // namespace wsel::session
