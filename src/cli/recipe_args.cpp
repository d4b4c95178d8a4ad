#include "recipe_args.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "options.h"
#include "wsel/core/split.h"
#include "wsel/recipe/base_recipe.h"
#include "wsel/recipe/recipe.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;
using session::RecipeRequest;

// As help shows it; "" of what is off or empty without the option.
std::string TextOf(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array() && !value.empty() && value.front().is_number()) {
    const std::string list = value.dump();
    return list.substr(1, list.size() - 2);
  }
  return value.is_number() ? value.dump() : "";
}

// With the default of fine-tuning, where that is another.
std::string DefaultOf(const recipe::Field& field) {
  static const auto kFinetune = SetsOf(recipe::BaseRecipe::kFinetune);
  std::string usual = TextOf(Json::parse(field.default_value));
  const std::string start = field.path + "=";
  for (const std::string& set : kFinetune) {
    if (!set.starts_with(start)) continue;
    const Json value = Json::parse(set.substr(start.size()), nullptr, false);
    const std::string tuned =
        value.is_discarded() ? set.substr(start.size()) : TextOf(value);
    if (tuned == usual) return usual;
    return fmt::format("{}; finetune: {}", usual,
                       tuned.empty() ? "none" : tuned);
  }
  return usual;
}

void AddField(CLI::App& c, RecipeRequest& args, const recipe::Field& field) {
  const std::string about =
      field.choices.empty() ? field.about : field.about + ": " + field.choices;
  if (field.metavar.empty()) {
    c.add_flag_callback(
        field.flag,
        [&args, field] { args.fields.push_back(field.path + "=true"); }, about);
    return;
  }
  CLI::Option* option = c.add_option_function<std::string>(
      field.flag,
      [&args, field](const std::string& text) {
        args.fields.push_back(recipe::SetOf(field, text));
      },
      about);
  option->type_name(field.metavar)->default_str(DefaultOf(field));
  const Json default_value = Json::parse(field.default_value);
  if (default_value.is_number_integer()) {
    option->check(CLI::TypeValidator<int64_t>(""));
  } else if (default_value.is_number()) {
    option->check(CLI::TypeValidator<double>(""));
  }
}

// Where help lists the options of each section.
struct Group {
  std::string_view name;
  std::string_view sections;
};
constexpr std::array<Group, 5> kGroups = {{
    {"Model", "init teacher"},
    {"Data", "data"},
    {"Augmentation", "augment erasing mix"},
    {"Optimisation", "train optimizer schedule loss evaluation"},
    {"Distillation", "distill"},
}};

}  // namespace

void AddRecipeOptions(CLI::App& c, RecipeRequest& args) {
  c.option_defaults()->group("Recipe");
  AddFile(c, "--config", args.config,
          "Recipe (JSON), such as configs/cifar100/vit_tiny.json; its values "
          "replace the defaults of the options below");
  AddChoice(c, "--recipe", args.base, recipe::BaseRecipes(),
            "Values of all that neither --config nor an option gives: " +
                recipe::BaseRecipes().Choices())
      ->default_str(
          "finetune if the weights of --init were trained and there is no "
          "--config, else paper");
  c.add_option("--set", args.sets,
               "Override a value of the recipe, such as optimizer.lr=1e-3, "
               "augment.hflip=0 or train.memory_gib=4; may be repeated. "
               "--help-all lists the paths")
      ->type_name("PATH=VALUE");
  const auto fields = recipe::Fields();
  for (const auto& [name, list] : kGroups) {
    const auto sections = Split(list, ' ');
    c.option_defaults()->group(std::string(name));
    if (name == "Model") {
      c.add_option("--model", args.model.model,
                   "Model: a name (see wsel models), or a JSON file, which "
                   "replaces the recipe's whole model; without num_classes it "
                   "has the data set's")
          ->type_name("MODEL");
      AddModelSizes(c, args.model, "the model");
      c.add_option("--in-chans", args.model.in_chans,
                   "Channels of the model's images: 3 (RGB); 1, for which "
                   "images are converted to grey; or those that all TIFF and "
                   ".npy files of the data set have, with --mean and --std of "
                   "each")
          ->type_name("N");
    }
    if (name == "Augmentation") {
      c.add_option("--augment", args.augment,
                   "All augmentation, mixing and erasing at once: " +
                       recipe::Augmentations().Choices())
          ->type_name("NAME");
    }
    if (name == "Optimisation") {
      // Here, since all of Augmentation's options are known.
      c.add_flag("--three-augment", args.three_augment,
                 "3-Augment of DeiT III: --aa 3a --color-jitter 0.3")
          ->group("Augmentation")
          ->excludes(c.get_option("--aa"));
      c.add_option("--epochs", args.epochs,
                   "Number of epochs to train; a warmup that is not given is "
                   "scaled along")
          ->type_name("N")
          ->default_str(DefaultOf(*std::ranges::find(fields, "train.epochs",
                                                     &recipe::Field::path)));
    }
    for (const recipe::Field& field : fields) {
      const bool here = std::ranges::count(sections, field.section()) > 0;
      if (here && !field.flag.empty()) AddField(c, args, field);
    }
  }
  AddOldName(c, "--skip-broken", "--skip-corrupt", args.skip_broken);
}

}  // namespace wsel::cli
