#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "commands.h"
#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"
#include "wsel/pretrained/model_groups.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;
using pretrained::FoundModels;
using pretrained::GroupOf;

struct ModelsArgs {
  std::string search;
  bool json = false;
};

void PrintJson(const std::string& search) {
  Json models = Json::array();
  for (const model::Variant* variant : FoundModels(search)) {
    models.push_back({{"name", NameOf(variant->config)},
                      {"family", ArchitectureName(variant->config)},
                      {"group", GroupOf(NameOf(variant->config))},
                      {"aliases", variant->aliases},
                      {"parameters", ParameterCount(variant->config)},
                      {"flops", Flops(variant->config)},
                      {"config", Json::parse(model::ToJson(variant->config))}});
  }
  fmt::print("{}\n", models.dump(1));
}

void PrintRow(const model::Variant& variant, size_t width) {
  fmt::print("  {:{}}  {:8.2f} M  {:6.2f} G  {}\n", NameOf(variant.config),
             width, static_cast<double>(ParameterCount(variant.config)) * 1e-6,
             static_cast<double>(Flops(variant.config)) * 1e-9,
             fmt::join(variant.aliases, ", "));
}

void PrintTable(const std::vector<const model::Variant*>& found) {
  size_t width = 0;
  std::vector<std::string_view> groups;
  for (const model::Variant* variant : found) {
    width = std::max(width, NameOf(variant->config).size());
    const std::string_view group = GroupOf(NameOf(variant->config));
    if (std::ranges::find(groups, group) == groups.end()) {
      groups.push_back(group);
    }
  }
  fmt::print("{:{}}  {:>10}  {:>8}  {}\n", "name", width + 2, "parameters",
             "FLOPs", "aliases");
  for (const std::string_view group : groups) {
    fmt::print("\n{}\n", group);
    for (const model::Variant* variant : found) {
      if (GroupOf(NameOf(variant->config)) == group) PrintRow(*variant, width);
    }
  }
  fmt::print(
      "\nWith 1000 classes. FLOPs: 2 x multiply-adds of one forward pass at "
      "the image size\nin the name, including attention's matrix products.\n");
}

void PrintModels(const std::string& search) {
  const auto found = FoundModels(search);
  if (!found.empty()) PrintTable(found);
  if (search.empty()) return;
  const auto weights = pretrained::FoundWeights(search);
  if (found.empty() && weights.empty()) {
    fmt::print("no model's name or family has '{}'\n", search);
  }
  if (weights.empty()) return;
  fmt::print("\npublished by timm, for --teacher-model\n");
  for (const std::string& name : weights) fmt::print("  {}\n", name);
}

}  // namespace

void AddModels(CLI::App& app, const Invocation&) {
  const auto args = std::make_shared<ModelsArgs>();
  CLI::App* c = app.add_subcommand(
      "models", "List the named models by family, with parameters and FLOPs");
  c->add_option(
       "--search", args->search,
       "Only those with all of these words in name, aliases or family, "
       "and the weights of such names that timm publishes")
      ->type_name("WORDS");
  c->add_flag("--json", args->json,
              "Print the result as JSON, with all fields of each config");
  c->callback([args] {
    args->json ? PrintJson(args->search) : PrintModels(args->search);
  });
}

}  // namespace wsel::cli
