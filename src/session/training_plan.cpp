#include "wsel/session/training_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <string>

#include "wsel/data/sampler.h"
#include "wsel/model/init.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/optim/optimizer_options.h"
#include "wsel/optim/schedule.h"
#include "wsel/pretrained/facts.h"
#include "wsel/run/log.h"
#include "wsel/select/options.h"
#include "wsel/session/rank_options.h"
#include "wsel/train/augmentation_switches.h"
#include "wsel/train/options.h"

namespace wsel::session {
namespace {

using Out = std::back_insert_iterator<std::string>;

std::string OtherChoice(const recipe::Recipe& recipe) {
  return recipe.data.validation == data::Validation::kTest
             ? "data.validation=test"
             : recipe::FlagOf("data.val_split") +
                   " 0.1 holds out validation images";
}

// Which images choose the best weights.
std::string ChoiceText(const recipe::Recipe& recipe, const SplitSizes& sizes) {
  const char* const score = run::ScoreName(recipe.train.multi_label);
  if (sizes.val == 0) {
    return fmt::format("{} on the test images, as in the paper ({})", score,
                       OtherChoice(recipe));
  }
  std::string text = fmt::format("{} on the validation images", score);
  if (recipe.data.val_split > 0) {
    text += fmt::format(
        ", {:g} % of the training images drawn with data.split_seed {}",
        100 * recipe.data.val_split, recipe.data.split_seed);
  }
  if (sizes.test == 0) return text + "; there are no test images";
  return text +
         fmt::format(
             "; the test images are looked at once, at the end ({} test: they "
             "choose)",
             recipe::FlagOf("data.validation"));
}

// What makes rare classes count, if anything does.
void AddBalance(const train::Options& train, Out out) {
  if (train.class_weights.kind == train::ClassWeights::kGiven) {
    fmt::format_to(out,
                   "loss        classes weighted by train.class_weights\n");
  } else if (train.class_weights.kind == train::ClassWeights::kBalanced) {
    fmt::format_to(out, "loss        classes weighted by {}\n",
                   train.multi_label
                       ? "images without the class / images with it, "
                         "for those with it"
                       : "images / (classes * images of the class)");
  }
  if (train.sampler != data::Sampling::kShuffle) {
    fmt::format_to(
        out, "sampler     equally many images of each class in an epoch\n");
  }
  if (train.patience > 0) {
    fmt::format_to(
        out, "patience    ends after {} evaluations without a better {}\n",
        train.patience, run::ScoreName(train.multi_label));
  }
}

// Of a run that does not train all weights.
void AddFineTuning(const recipe::Recipe& recipe, Out out) {
  const train::FineTuneOptions& options = recipe.train.fine_tune;
  // Without classes there is no head yet.
  if (!options.freeze.empty() && NumClasses(recipe.model) > 0) {
    fmt::format_to(out, "trained     {} of {} parameters; frozen: {}\n",
                   train::TrainedParameterCount(recipe.model, options),
                   ParameterCount(recipe.model),
                   fmt::join(options.freeze, ","));
  }
  if (options.freeze_epochs > 0) {
    fmt::format_to(out, "head only   for {} of {} epochs\n",
                   options.freeze_epochs, recipe.train.schedule.epochs);
  }
}

// How the weights begin.
std::string WeightsText(const recipe::Recipe& recipe, bool resumes) {
  if (resumes) return "of the run's saved state";
  const recipe::InitOptions& init = recipe.init;
  if (!init.file.empty()) return "of " + init.file;
  if (init.select) {
    return fmt::format("selected from {} by the rule {}", recipe.teacher.file,
                       select::Methods().NameOf(*init.select));
  }
  return fmt::format("random (init.method {}), seed {}",
                     model::Initializers().NameOf(init.method),
                     recipe.train.seed);
}

std::string ChannelsText(int64_t in_chans) {
  if (in_chans == 3) return "";
  return in_chans == 1 ? ", grey" : fmt::format(", {} channels", in_chans);
}

// What mean and std are assumed by, if they are. Those of a checkpoint were
// stated when it was opened.
std::string AssumptionText(const recipe::Recipe& recipe) {
  const image::Normalisation usual;
  const image::Normalisation& given = recipe.train.normalisation;
  if (InChans(recipe.model) == 1) {
    const bool averaged = given.mean.front() == image::GreyValue(usual.mean) &&
                          given.std.front() == image::GreyValue(usual.std);
    return averaged ? " (assumed: ImageNet's averaged; `mean`, `std`)" : "";
  }
  const bool assumed = recipe.init.file.empty() && given.mean == usual.mean &&
                       given.std == usual.std;
  return assumed ? " (ImageNet's, the default; `mean`, `std`)" : "";
}

// The images' size, their channels unless they are RGB, and mean and std.
std::string InputText(const recipe::Recipe& recipe) {
  const image::Normalisation& given = recipe.train.normalisation;
  const int64_t in_chans = InChans(recipe.model);
  const auto mean = pretrained::PerChannel(given.mean, in_chans);
  const auto std = pretrained::PerChannel(given.std, in_chans);
  return fmt::format("{} px{}, mean {}, std {}{}", ImageSize(recipe.model),
                     ChannelsText(in_chans), fmt::join(mean, ","),
                     fmt::join(std, ","), AssumptionText(recipe));
}

std::string AugmentationText(const train::Options& train) {
  const auto parts = train::DescribeAugmentation(train);
  return parts.empty() ? "none (`augment` light|paper)"
                       : fmt::format("{} (`augment` none|light|paper)",
                                     fmt::join(parts, ", "));
}

std::string WorkersText(int64_t workers) {
  if (workers < 0) return "a loader thread per processor";
  if (workers == 0) return "images loaded in the main thread";
  return fmt::format("{} loader thread{}", workers, workers == 1 ? "" : "s");
}

// The effective batch, and what of it is in memory at once, on each rank.
std::string BatchText(const train::Options& train, int ranks) {
  const int64_t share = train.batch_size / ranks;
  const std::string accumulated = fmt::format(
      "{} x {} accumulated", train.micro_batch, share / train.micro_batch);
  if (ranks == 1) return fmt::format("{} = {}", train.batch_size, accumulated);
  return fmt::format("{} = {} ranks x {}, each {}", train.batch_size, ranks,
                     share, accumulated);
}

void AddOptimization(const train::Options& train, Out out) {
  const optim::ScheduleOptions& schedule = train.schedule;
  const std::string again =
      schedule.rewarm_epochs > 0
          ? fmt::format(", and of {} at each restart", schedule.rewarm_epochs)
          : "";
  fmt::format_to(
      out, "schedule    {}: learning rate {} after {} epoch{} of warmup{}\n",
      optim::Schedules().NameOf(schedule.name), schedule.lr,
      schedule.warmup_epochs, schedule.warmup_epochs == 1 ? "" : "s", again);
  std::string more;
  if (train.drop_path > 0) {
    more += fmt::format(", drop path {}", train.drop_path);
  }
  if (train.ema_decay > 0) {
    more += fmt::format(", EMA decay {}", train.ema_decay);
  }
  fmt::format_to(out, "optimizer   {}, weight decay {}{}\n",
                 optim::Optimizers().NameOf(train.optimizer.name),
                 train.optimizer.weight_decay, more);
}

void AddImages(const recipe::Recipe& recipe, const SplitSizes& sizes, Out out) {
  const train::Options& train = recipe.train;
  if (sizes.train == 0) {
    fmt::format_to(out, "steps       unknown without the data set\n");
    return;
  }
  const int64_t steps =
      data::StepsPerEpoch(sizes.train, train.batch_size, train.repeats);
  const std::string val =
      sizes.val > 0 ? fmt::format("{} validation, ", sizes.val) : "";
  fmt::format_to(out,
                 "images      {} training, {}{} test, of {}{}\n"
                 "steps       {} = {} epochs x {}\n"
                 "validation  {}\n",
                 sizes.train, val, sizes.test, recipe.data.name,
                 train.multi_label ? ", with several labels" : "",
                 steps * train.schedule.epochs, train.schedule.epochs, steps,
                 ChoiceText(recipe, sizes));
  AddBalance(train, out);
}

void AddRecipe(const PlanSetting& setting, Out out) {
  if (setting.config.empty() && setting.base.empty()) return;
  const bool both = !setting.config.empty() && !setting.base.empty();
  fmt::format_to(out, "recipe      {}{}{}\n", setting.config, both ? "; " : "",
                 setting.base);
}

}  // namespace

std::string PlanText(const recipe::Recipe& recipe, const SplitSizes& sizes,
                     const PlanSetting& setting) {
  const train::Options& train = recipe.train;
  std::string text;
  const Out out(text);
  fmt::format_to(out,
                 "model       {}, {} parameters, {} classes\n"
                 "weights     {}\n"
                 "input       {}\n"
                 "batch       {}\n",
                 NameOf(recipe.model), ParameterCount(recipe.model),
                 NumClasses(recipe.model), WeightsText(recipe, setting.resumes),
                 InputText(recipe), BatchText(train, setting.ranks));
  AddFineTuning(recipe, out);
  AddImages(recipe, sizes, out);
  fmt::format_to(out, "augment     {}\n", AugmentationText(train));
  AddOptimization(train, out);
  const std::string ranks =
      setting.ranks == 1
          ? ""
          : "; " + RanksText(setting.ranks, setting.device, setting.threads);
  fmt::format_to(out, "device      {}, {}, {}{}\n", setting.device,
                 train::Precisions().NameOf(train.precision),
                 WorkersText(recipe.data.workers), ranks);
  AddRecipe(setting, out);
  return text;
}

}  // namespace wsel::session
