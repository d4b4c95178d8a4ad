#include "training_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>

#include "wsel/data/sampler.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::cli {
namespace {

std::string_view OtherChoice(const recipe::Recipe& recipe) {
  return recipe.data.validation == data::Validation::kTest
             ? "data.validation=test"
             : "--val-split 0.1 holds out validation images";
}

// Which images choose the best weights.
std::string ChoiceText(const recipe::Recipe& recipe,
                       const session::SplitSizes& sizes) {
  const char* const score = recipe.train.multi_label ? "mAP" : "top-1";
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
  return text + (sizes.test > 0 ? "; the test images are looked at once, at "
                                  "the end"
                                : "; there are no test images");
}

// What makes rare classes count, if anything does.
void PrintBalance(const train::Options& train) {
  if (train.class_weights != train::ClassWeights::kNone) {
    fmt::print("loss        classes weighted by {}\n",
               train.multi_label ? "images without the class / images with it, "
                                   "for those with it"
                                 : "images / (classes * images of the class)");
  }
  if (train.sampler != data::Sampling::kShuffle) {
    fmt::print("sampler     equally many images of each class in an epoch\n");
  }
  if (train.patience > 0) {
    fmt::print("patience    ends after {} evaluations without a better {}\n",
               train.patience, train.multi_label ? "mAP" : "top-1");
  }
}

// Of a run that does not train all weights.
void PrintFineTuning(const recipe::Recipe& recipe) {
  const train::FineTuneOptions& options = recipe.train.fine_tune;
  // Without classes there is no head yet.
  if (!options.freeze.empty() && NumClasses(recipe.model) > 0) {
    fmt::print("trained     {} of {} parameters; frozen: {}\n",
               train::TrainedParameterCount(recipe.model, options),
               ParameterCount(recipe.model), fmt::join(options.freeze, ","));
  }
  if (options.freeze_epochs > 0) {
    fmt::print("head alone  for {} of {} epochs\n", options.freeze_epochs,
               recipe.train.schedule.epochs);
  }
}

}  // namespace

void PrintPlan(const recipe::Recipe& recipe, const session::SplitSizes& sizes) {
  const int64_t train_size = sizes.train;
  const auto& train = recipe.train;
  fmt::print(
      "{}\nmodel       {}, {} parameters, {} classes\n"
      "batch       {} = {} x {} accumulated\n",
      recipe::ToJson(recipe), NameOf(recipe.model),
      ParameterCount(recipe.model), NumClasses(recipe.model), train.batch_size,
      train.micro_batch, train.batch_size / train.micro_batch);
  PrintFineTuning(recipe);
  if (train_size == 0) {
    fmt::print("steps       unknown without the data set\n");
    return;
  }
  const int64_t steps =
      data::StepsPerEpoch(train_size, train.batch_size, train.repeats);
  const std::string val =
      sizes.val > 0 ? fmt::format("{} validation, ", sizes.val) : "";
  fmt::print(
      "images      {} training, {}{} test\nsteps       {} = {} epochs x {}\n"
      "validation  {}\n",
      train_size, val, sizes.test, steps * train.schedule.epochs,
      train.schedule.epochs, steps, ChoiceText(recipe, sizes));
  PrintBalance(train);
}

}  // namespace wsel::cli
