#include "wsel/cli/command_tree.h"

#include <algorithm>
#include <regex>

#include "wsel/data/table.h"
#include "wsel/model/variants.h"

namespace wsel::cli {
namespace {

bool Among(const std::string& name, std::initializer_list<const char*> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Values that a registry knows: by the option's meaning, or as its description
// lists them, "uniform|consecutive|random".
std::vector<std::string> ChoicesOf(const std::string& name,
                                   const std::string& description) {
  std::vector<std::string> choices;
  if (Among(name, {"--student", "--model", "--teacher-model"})) {
    for (const auto& variant : model::Variants()) {
      choices.push_back(model::NameOf(variant.config));
    }
    return choices;
  }
  if (name == "--dataset") {
    for (const auto& facts : data::Datasets()) choices.emplace_back(facts.name);
    return choices;
  }
  static const std::regex kList("[a-z0-9-]+(\\|[a-z0-9-]+)+");
  static const std::regex kWord("[a-z0-9-]+");
  for (std::sregex_iterator list(description.begin(), description.end(), kList);
       list != std::sregex_iterator(); ++list) {
    const std::string text = list->str();
    for (std::sregex_iterator word(text.begin(), text.end(), kWord);
         word != std::sregex_iterator(); ++word) {
      choices.push_back(word->str());
    }
  }
  return choices;
}

OptionText TextOf(const CLI::Option& option) {
  OptionText text;
  text.positional = option.get_positional();
  text.name = text.positional ? option.get_name(/*positional=*/true)
                              : "--" + option.get_lnames().front();
  if (!option.get_snames().empty()) {
    text.short_name = "-" + option.get_snames().front();
  }
  text.description = option.get_description();
  text.preset = option.get_default_str();
  text.takes_value = option.get_items_expected_max() > 0;
  text.choices = ChoicesOf(text.name, text.description);
  text.takes_file = text.takes_value && text.choices.empty();
  return text;
}

}  // namespace

CommandText CommandTree(const CLI::App& app) {
  CommandText text{app.get_name(), app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    text.options.push_back(TextOf(*option));
  }
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    text.commands.push_back(CommandTree(*command));
  }
  return text;
}

}  // namespace wsel::cli
