#include "command_tree.h"

#include <regex>

#include "wsel/core/split.h"
#include "wsel/data/dataset_info.h"
#include "wsel/model/variants.h"

namespace wsel::cli {
namespace {

// The values of an option: of the registry that it refers to, or as listed in
// its description, "uniform|consecutive|random".
std::vector<std::string> ChoicesOf(const std::string& name,
                                   const std::string& description) {
  std::vector<std::string> choices;
  if (name == "--student" || name == "--model" || name == "--teacher-model") {
    for (const auto& variant : model::Variants()) {
      choices.push_back(model::NameOf(variant.config));
    }
    return choices;
  }
  if (name == "--dataset") {
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

OptionHelp HelpOf(const CLI::Option& option) {
  OptionHelp help;
  help.positional = option.get_positional();
  help.name = help.positional ? option.get_name(/*positional=*/true)
                              : "--" + option.get_lnames().front();
  if (!option.get_snames().empty()) {
    help.short_name = "-" + option.get_snames().front();
  }
  help.description = option.get_description();
  help.default_value = option.get_default_str();
  help.takes_value = option.get_items_expected_max() > 0;
  help.choices = ChoicesOf(help.name, help.description);
  help.takes_file = help.takes_value && help.choices.empty();
  return help;
}

}  // namespace

CommandHelp CommandTree(const CLI::App& app) {
  CommandHelp help{app.get_name(), app.get_description(), {}, {}};
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
