#include "recipe_args.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

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
#include "wsel/train/class_weights.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

// The override of a size that a ViT has once and a ConvNeXt for each stage.
// Errors: kUsage for other text than numbers.
std::string SizeSet(std::string_view option, std::string_view of_vit,
                    std::string_view of_stages, const std::string& text) {
  if (text.find_first_not_of("0123456789,") != std::string::npos) {
    throw Error(ErrorKind::kUsage, option,
                "'{}': expected one integer or, of a ConvNeXt, four "
                "comma-separated integers, one per stage",
                text);
  }
  return text.find(',') == std::string::npos
             ? fmt::format("model.{}={}", of_vit, text)
             : fmt::format("model.{}=[{}]", of_stages, text);
}

void AddModelSets(const session::ModelOptions& given,
                  std::vector<std::string>& sets) {
  const std::string& model = given.model;
  if (model.ends_with(".json")) {
    session::NamedModel(model);  // its errors name the file
    const Json json = ParseJson(ReadText(model), model, ErrorKind::kConfig);
    sets.push_back("model=" + json.dump());
  } else if (!model.empty()) {
    RequireUtf8(model, "--model");
    sets.push_back("model.name=" + Json(model).dump());
  }
  const auto add = [&](const char* key, const auto& value) {
    if (value)
      sets.push_back(fmt::format("model.{}={}", key, Json(*value).dump()));
  };
  add("img_size", given.img_size);
  add("patch_size", given.patch_size);
  add("in_chans", given.in_chans);
  add("num_heads", given.num_heads);
  if (!given.depth.empty()) {
    sets.push_back(SizeSet("--depth", "depth", "depths", given.depth));
  }
  if (!given.embed_dim.empty()) {
    sets.push_back(
        SizeSet("--embed-dim", "embed_dim", "dims", given.embed_dim));
  }
}

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
  AddModelSets(args.model, sets);
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
  if (field.path == "train.class_weights" && text.ends_with(".csv")) {
    return field.path + "=" + Json(train::ClassWeightsInFile(text)).dump();
  }
  if (default_value.is_string()) return field.path + "=" + Json(text).dump();
  return field.path + "=" + text;
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
  option->type_name(field.metavar);
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

// The checkpoint that the model, or the base recipe, is chosen by; none where
// it is missing and only the latter would need it.
std::optional<pretrained::PretrainedCheckpoint> OpenInit(
    const recipe::InitOptions& init, bool says_model) {
  if (!says_model && !std::filesystem::exists(init.file)) return std::nullopt;
  return pretrained::Open(init.file, init.copy);
}

// The values of fine-tuning that the run has, whichever base it began with.
std::string WithBegun(const std::string& text, const std::string& where,
                      const std::string& begun) {
  const std::string saved = ReadText(begun);
  std::vector<std::string> values;
  for (const std::string& set : recipe::SetsOf(recipe::BaseRecipe::kFinetune)) {
    const std::string path = set.substr(0, set.find('='));
    const std::string value = recipe::GivenValue(saved, begun, {}, path);
    if (!value.empty()) values.push_back(fmt::format("{}={}", path, value));
  }
  return recipe::WithDefaults(text, where, values);
}

// The base recipe of a training without a file, and why, for the first lines.
std::pair<recipe::BaseRecipe, std::string> BaseOf(
    const recipe::InitOptions& init,
    const std::optional<pretrained::PretrainedCheckpoint>& opened) {
  if (opened && !session::WasTrained(*opened)) {
    return {recipe::BaseRecipe::kPaper,
            fmt::format("the paper's defaults, since {} is a student that was "
                        "not trained yet (--recipe finetune: fine-tuning's)",
                        init.file)};
  }
  return {recipe::BaseRecipe::kFinetune,
          fmt::format("defaults for fine-tuning, since {} was trained before "
                      "(--recipe paper: the paper's)",
                      init.file)};
}

// Fills `opened.base`, and returns the text with the values of the base recipe.
std::string WithBaseOf(const RecipeArgs& args, const std::string& text,
                       const std::string& where,
                       const std::vector<std::string>& sets,
                       OpenedRecipe& opened) {
  if (!args.resumed.empty()) return text;
  if (!args.begun.empty()) return WithBegun(text, where, args.begun);
  if (args.base) {
    opened.base = fmt::format("what is not given is of --recipe {}",
                              recipe::BaseRecipes().NameOf(*args.base));
    return recipe::WithBase(text, where, sets, *args.base);
  }
  if (!args.config.empty()) return text;
  const auto init = recipe::InitFileOf(text, where, sets);
  if (!init) {
    opened.base = "the paper's defaults (--recipe finetune: fine-tuning's)";
    return text;
  }
  if (!opened.init) opened.init = OpenInit(*init, /*says_model=*/false);
  const auto [base, why] = BaseOf(*init, opened.init);
  opened.base = why;
  return recipe::WithBase(text, where, sets, base);
}

// The recipe in `text` with the overrides `sets`, and what nothing gives.
OpenedRecipe OpenRecipe(const RecipeArgs& args, const std::string& text,
                        const std::string& where,
                        const std::vector<std::string>& sets) {
  const auto lacks = [&](const char* path) {
    return recipe::GivenValue(text, where, sets, path).empty();
  };
  OpenedRecipe opened;
  std::string whole = text;
  if (const auto init = recipe::InitWithoutModel(text, where, sets)) {
    opened.init = OpenInit(*init, /*says_model=*/true);
    whole = recipe::WithDefaults(text, where,
                                 session::RecipeOfCheckpoint(*opened.init));
  }
  whole = WithBaseOf(args, whole, where, sets, opened);
  opened.recipe = args.resumed.empty()
                      ? recipe::RecipeFromJson(whole, where, sets, args.epochs)
                      : recipe::RecipeOfRun(whole, where, sets, args.epochs);
  opened.recipe.default_batch_size = lacks("train.batch_size");
  opened.recipe.default_mixup_batch = lacks("train.mixup_batch");
  return opened;
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
          "Recipe (JSON), such as configs/cifar100/vit_tiny.json");
  AddChoice(c, "--recipe", args.base, recipe::BaseRecipes(),
            "Values of all that neither --config nor an option gives: " +
                recipe::BaseRecipes().Choices() +
                "; default: finetune if the weights of --init were trained and "
                "there is no --config, else paper");
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
          ->type_name("N");
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
        (!args.model.model.empty() || GivesField(args, "init.file")))) {
    throw Error(ErrorKind::kUsage, "wsel train",
                "needs --config, or --dataset and --model or --init");
  }
  const std::string& file = resumes ? args.resumed : args.config;
  const std::string where = file.empty() ? "recipe" : file;
  const std::string text = file.empty() ? "{}" : ReadText(file);
  OpenedRecipe opened;
  WithSets(args.sets, [&](const std::vector<std::string>& sets) {
    auto all = Overrides(args);
    all.insert(all.end(), sets.begin(), sets.end());
    opened = OpenRecipe(args, text, where, all);
  });
  return opened;
}

}  // namespace wsel::cli
