#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

void PrintJson() {
  Json models = Json::array();
  for (const model::Variant& variant : model::Variants()) {
    models.push_back({{"name", NameOf(variant.config)},
                      {"family", ArchitectureName(variant.config)},
                      {"aliases", variant.aliases},
                      {"parameters", ParameterCount(variant.config)},
                      {"flops", Flops(variant.config)},
                      {"config", Json::parse(model::ToJson(variant.config))}});
  }
  fmt::print("{}\n", models.dump(1));
}

void PrintTable() {
  size_t width = 0;
  for (const model::Variant& variant : model::Variants()) {
    width = std::max(width, NameOf(variant.config).size());
  }
  fmt::print("{:{}}  {:>10}  {:>8}  {}\n", "name", width, "parameters", "FLOPs",
             "aliases");
  for (const model::Variant& variant : model::Variants()) {
    fmt::print("{:{}}  {:8.2f} M  {:6.2f} G  {}\n", NameOf(variant.config),
               width,
               static_cast<double>(ParameterCount(variant.config)) * 1e-6,
               static_cast<double>(Flops(variant.config)) * 1e-9,
               fmt::join(variant.aliases, ", "));
  }
  fmt::print(
      "\nWith 1000 classes. FLOPs: 2 x multiply-adds of one forward pass at "
      "the image size\nin the name, including attention's matrix products.\n");
}

}  // namespace

void AddModels(CLI::App& app, const Invocation&) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* c = app.add_subcommand(
      "models", "List the named models, with parameters and FLOPs");
  c->add_flag("--json", *json,
              "Print the result as JSON, with all fields of each config");
  c->callback([json] { *json ? PrintJson() : PrintTable(); });
}

}  // namespace wsel::cli
