#include "recipe_args.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "options.h"
#include "wsel/core/csv.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/json_object.h"
#include "wsel/core/split.h"
#include "wsel/core/text_file.h"
#include "wsel/core/utf8.h"
#include "wsel/session/model_options.h"
#include "wsel/session/recipe_of_checkpoint.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

// All options but --set as overrides.
std::vector<std::string> Overrides(const RecipeArgs& args) {
  std::vector<std::string> sets;
  if (!args.augment.empty()) {
    sets = recipe::SetsOf(recipe::Augmentations().Find(
        args.augment, "--augment", ErrorKind::kUsage));
  }
  if (args.three_augment) {
    const auto three = recipe::SetsOfThreeAugment();
    sets.insert(sets.end(), three.begin(), three.end());
  }
  sets.insert(sets.end(), args.fields.begin(), args.fields.end());
  if (args.model.ends_with(".json")) {
    session::NamedModel(args.model);  // its errors name the file
    const Json model =
        ParseJson(ReadText(args.model), args.model, ErrorKind::kConfig);
    sets.push_back("model=" + model.dump());
  } else if (!args.model.empty()) {
    RequireUtf8(args.model, "--model");
    sets.push_back("model.name=" + Json(args.model).dump());
  }
  if (args.img_size) {
    sets.push_back("model.img_size=" + Json(*args.img_size).dump());
  }
  if (args.in_chans) {
    sets.push_back(fmt::format("model.in_chans={}", *args.in_chans));
  }
  if (args.skip_broken) sets.emplace_back("data.skip_corrupt=true");
  return sets;
}

// The override of an option's text: strings stay strings even if they look like
// numbers.
std::string SetOf(const recipe::Field& field, const std::string& text) {
  const Json default_value = Json::parse(field.default_value);
  if (default_value.is_array()) {
    return field.path + "=" +
           Json(
               CsvCells(EscapeInvalidUtf8(text), field.flag, ErrorKind::kUsage))
               .dump();
  }
  RequireUtf8(text, field.flag);
  if (default_value.is_string()) return field.path + "=" + Json(text).dump();
  return field.path + "=" + text;
}

// As help shows it; "" of what is off or empty without the option.
std::string DefaultOf(const recipe::Field& field) {
  const Json value = Json::parse(field.default_value);
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() ? value.dump() : "";
}

void AddField(CLI::App& c, RecipeArgs& args, const recipe::Field& field) {
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
        args.fields.push_back(SetOf(field, text));
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

bool GivesField(const RecipeArgs& args, std::string_view path) {
  return std::ranges::any_of(args.fields, [&](const std::string& set) {
    return set.starts_with(fmt::format("{}=", path));
  });
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

void AddRecipeOptions(CLI::App& c, RecipeArgs& args) {
  c.option_defaults()->group("Recipe");
  AddFile(c, "--config", args.config,
          "Recipe (JSON), such as configs/cifar100/vit_tiny.json; its values "
          "replace the defaults of the options below");
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
      c.add_option("--model", args.model,
                   "Model: a name (see wsel models), or a JSON file, which "
                   "replaces the recipe's whole model; without num_classes it "
                   "has the data set's")
          ->type_name("MODEL");
      AddImageSize(c, args.img_size,
                   "Size of the model's images in pixels: 224, or height x "
                   "width: 192x256");
      c.add_option("--in-chans", args.in_chans,
                   "Channels of the model's images: 3 (RGB), or 1, for which "
                   "images are converted to grey")
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
          ->default_str(
              std::ranges::find(fields, "train.epochs", &recipe::Field::path)
                  ->default_value);
    }
    for (const recipe::Field& field : fields) {
      const bool here = std::ranges::count(sections, field.section()) > 0;
      if (here && !field.flag.empty()) AddField(c, args, field);
    }
  }
  AddOldName(c, "--skip-broken", "--skip-corrupt", args.skip_broken);
}

OpenedRecipe ReadRecipe(const RecipeArgs& args) {
  const bool resumes = !args.resumed.empty();
  if (args.config.empty() && !resumes &&
      !(GivesField(args, "data.name") &&
        (!args.model.empty() || GivesField(args, "init.file")))) {
    throw Error(ErrorKind::kUsage, "wsel train",
                "needs --config, or --dataset and --model or --init");
  }
  const std::string& file = resumes ? args.resumed : args.config;
  const std::string where = file.empty() ? "recipe" : file;
  std::string text = file.empty() ? "{}" : ReadText(file);
  OpenedRecipe opened;
  recipe::Recipe& recipe = opened.recipe;
  WithSets(args.sets, [&](const std::vector<std::string>& sets) {
    auto all = Overrides(args);
    all.insert(all.end(), sets.begin(), sets.end());
    if (const auto init = recipe::InitWithoutModel(text, where, all)) {
      opened.init = pretrained::Open(init->file, init->copy);
      text = recipe::WithDefaults(text, where,
                                  session::RecipeOfCheckpoint(*opened.init));
    }
    recipe = resumes ? recipe::RecipeOfRun(text, where, all, args.epochs)
                     : recipe::RecipeFromJson(text, where, all, args.epochs);
  });
  return opened;
}

}  // namespace wsel::cli
