// Options of the command line that stand for overrides.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "option_advice.h"
#include "wsel/core/csv.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/utf8.h"
#include "wsel/recipe/recipe.h"
#include "wsel/train/augmentation_switches.h"
#include "wsel/train/class_weights.h"

namespace wsel::recipe {
namespace {

using Json = nlohmann::ordered_json;

Json Numbers(const std::vector<std::string>& cells, const std::string& flag) {
  Json numbers = Json::array();
  for (const std::string& cell : cells) {
    const Json number = Json::parse(cell, nullptr, /*allow_exceptions=*/false);
    if (!number.is_number()) {
      throw Error(ErrorKind::kUsage, flag, "'{}' is not a number", cell);
    }
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

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

std::string FlagOf(std::string_view path) {
  for (const Field& field : Fields()) {
    if (field.path == path) return field.flag;
  }
  return "";
}

std::string SetOf(const Field& field, const std::string& text) {
  const Json default_value = Json::parse(field.default_value);
  if (default_value.is_array()) {
    const auto cells =
        CsvCells(EscapeInvalidUtf8(text), field.flag, ErrorKind::kUsage);
    const bool numbers =
        !default_value.empty() && default_value.front().is_number();
    return field.path + "=" +
           (numbers ? Numbers(cells, field.flag) : Json(cells)).dump();
  }
  RequireUtf8(text, field.flag);
  // The file may change.
  if (field.path == "train.class_weights" && text.ends_with(".csv")) {
    return field.path + "=" + Json(train::ClassWeightsInFile(text)).dump();
  }
  if (default_value.is_string()) return field.path + "=" + Json(text).dump();
  return field.path + "=" + text;
}

void WithSets(
    const std::vector<std::string>& sets,
    const std::function<void(const std::vector<std::string>&)>& read) try {
  read(sets);
} catch (const Error& error) {
  if (error.where() == "set") {
    throw Error(error.kind(), "--set", error.message());
  }
  std::vector<std::string> given;
  for (size_t i = 0;; ++i) {
    try {
      read(given);
    } catch (const Error& earlier) {
      const bool same = std::string_view(earlier.what()) == error.what();
      if (same && i == 0) throw;
      if (same) {
        throw Error(error.kind(), "--set " + given.back(), error.what());
      }
    }
    if (i == sets.size()) throw;  // other files than before
    given.push_back(sets[i]);
  }
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
