// Options of the command line that stand for overrides.
#include <fmt/format.h>

#include <algorithm>

#include "option_advice.h"
#include "wsel/recipe/recipe.h"
#include "wsel/train/augmentation_switches.h"

namespace wsel::recipe {

std::string SetForOption(std::string_view option) {
  for (const Field& field : Fields()) {
    std::string by_key = "--" + field.path.substr(field.path.find('.') + 1);
    std::ranges::replace(by_key, '_', '-');
    if (option != by_key && option != field.timm) continue;
    if (field.flag.empty() || field.flag == option) {
      return fmt::format("--set {}=VALUE", field.path);
    }
    return field.flag + (field.metavar.empty() ? "" : " " + field.metavar);
  }
  return "";
}

std::string AdviceOn(std::string_view option) {
  const auto known =
      std::ranges::find(kOptionAdvice, option, &OptionAdvice::option);
  if (known != kOptionAdvice.end()) return std::string(known->advice);
  const std::string set = SetForOption(option);
  return set.empty() ? "" : "use " + set;
}

const Registry<Augmentation>& Augmentations() {
  static constexpr Registered<Augmentation> kRows[] = {
      {Augmentation::kNone, "none", "images as in evaluation, unmixed"},
      {Augmentation::kLight, "light", "random crops and flips"},
      {Augmentation::kPaper, "paper", "the paper's recipe"}};
  static constexpr Registry<Augmentation> kRegistry("augmentation", kRows);
  return kRegistry;
}

std::vector<std::string> SetsOf(Augmentation augmentation) {
  std::vector<std::string> sets;
  for (const Field& field : Fields()) {
    const std::string section = field.section();
    if (section != "augment" && section != "erasing" && section != "mix") {
      continue;
    }
    sets.push_back(field.path + "=" + field.default_value);
  }
  if (augmentation == Augmentation::kPaper) return sets;
  const bool light = augmentation == Augmentation::kLight;
  for (const auto& one : train::AugmentationSwitches()) {
    if (!(light && one.crops_or_flips)) sets.emplace_back(one.off);
  }
  return sets;
}

std::vector<std::string> SetsOfThreeAugment() {
  return {"augment.rand_augment=3a", "augment.color_jitter=0.3"};
}

}  // namespace wsel::recipe
