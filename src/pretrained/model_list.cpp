#include "wsel/pretrained/model_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/pretrained/model_groups.h"

namespace wsel::pretrained {
namespace {

std::string ModelRow(const model::Variant& variant, size_t width) {
  return fmt::format("  {:{}}  {:8.2f} M  {:6.2f} G  {}\n",
                     NameOf(variant.config), width,
                     static_cast<double>(ParameterCount(variant.config)) * 1e-6,
                     static_cast<double>(Flops(variant.config)) * 1e-9,
                     fmt::join(variant.aliases, ", "));
}

}  // namespace

std::string ModelTable(const std::vector<const model::Variant*>& models) {
  size_t width = 0;
  std::vector<std::string_view> groups;
  for (const model::Variant* variant : models) {
    width = std::max(width, NameOf(variant->config).size());
    const std::string_view group = GroupOf(NameOf(variant->config));
    if (std::ranges::find(groups, group) == groups.end()) {
      groups.push_back(group);
    }
  }
  std::string table = fmt::format("{:{}}  {:>10}  {:>8}  {}\n", "name",
                                  width + 2, "parameters", "FLOPs", "aliases");
  for (const std::string_view group : groups) {
    table += fmt::format("\n{}\n", group);
    for (const model::Variant* variant : models) {
      if (GroupOf(NameOf(variant->config)) != group) continue;
      table += ModelRow(*variant, width);
    }
  }
  return table +
         "\nWith 1000 classes. FLOPs: 2 x multiply-adds of one forward pass at "
         "the image size\nin the name, including attention's matrix "
         "products.\n";
}

nlohmann::ordered_json ToJson(
    const std::vector<const model::Variant*>& models) {
  using Json = nlohmann::ordered_json;
  Json rows = Json::array();
  for (const model::Variant* variant : models) {
    rows.push_back({{"name", NameOf(variant->config)},
                    {"family", ArchitectureName(variant->config)},
                    {"group", GroupOf(NameOf(variant->config))},
                    {"aliases", variant->aliases},
                    {"parameters", ParameterCount(variant->config)},
                    {"flops", Flops(variant->config)},
                    {"config", Json::parse(model::ToJson(variant->config))}});
  }
  return rows;
}

}  // namespace wsel::pretrained
