#include "command_tree.h"

#include <regex>

#include "wsel/core/split.h"
#include "wsel/data/dataset_info.h"
#include "wsel/model/variants.h"
#include "wsel/recipe/recipe.h"

namespace wsel::cli {
namespace {

// "train.precision=bf16" where the values are known, else "train.epochs=".
std::vector<std::string> Overrides() {
  std::vector<std::string> overrides;
  for (const recipe::Field& field : recipe::Fields()) {
    const bool is_switch =
        field.default_value == "true" || field.default_value == "false";
    const std::string values = is_switch ? "true|false" : field.choices;
    for (const auto value : Split(values, '|')) {
      overrides.push_back(field.path + "=" + std::string(value));
    }
  }
  return overrides;
}

// The values of an option: of the registry that it refers to, or as listed in
// its description, "uniform|consecutive|random".
std::vector<std::string> ChoicesOf(const std::string& name,
                                   const std::string& description) {
  const auto refers_to = [&](std::string_view command) {
    return description.find(command) != std::string::npos;
  };
  std::vector<std::string> choices;
  if (name == "--set") return Overrides();
  if (refers_to("wsel models")) {
    for (const auto& variant : model::Variants()) {
      choices.push_back(model::NameOf(variant.config));
    }
    return choices;
  }
  if (refers_to("wsel datasets")) {
    for (const auto& info : data::DatasetRegistry()) {
      choices.emplace_back(info.name);
    }
    return choices;
  }
  static const std::regex kList("[a-z0-9-]+(\\|[a-z0-9-]+)+");
  for (std::sregex_iterator list(description.begin(), description.end(), kList);
       list != std::sregex_iterator(); ++list) {
    const std::string words = list->str();
    for (const auto word : Split(words, '|')) choices.emplace_back(word);
  }
  return choices;
}

// Without the descriptions of validators, which CLI11 appends: "N:POSITIVE".
std::string MetavarOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

help::OptionHelp HelpOf(const CLI::Option& option) {
  help::OptionHelp help;
  help.positional = option.get_positional();
  help.name = help.positional ? option.get_name(/*positional=*/true)
                              : "--" + option.get_lnames().front();
  if (!option.get_snames().empty()) {
    help.short_name = "-" + option.get_snames().front();
  }
  help.description = option.get_description();
  help.group = option.get_group();
  help.takes_value = option.get_items_expected_max() > 0;
  if (help.takes_value) {
    help.metavar = MetavarOf(option);
    help.default_value = option.get_default_str();
  }
  help.repeated =
      option.get_expected_max() >= CLI::detail::expected_max_vector_size;
  help.required = option.get_required();
  for (const CLI::Option* other : option.get_excludes()) {
    help.excludes.push_back("--" + other->get_lnames().front());
  }
  help.choices = ChoicesOf(help.name, help.description);
  return help;
}

}  // namespace

help::CommandHelp CommandTree(const CLI::App& app) {
  help::CommandHelp help{app.get_name(),
                         app.get_description(),
                         {},
                         {},
                         app.get_require_subcommand_min() > 0};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    help.options.push_back(HelpOf(*option));
  }
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    help.commands.push_back(CommandTree(*command));
  }
  return help;
}

}  // namespace wsel::cli
