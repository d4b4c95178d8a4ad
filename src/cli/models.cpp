#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "commands.h"
#include "wsel/pretrained/model_groups.h"
#include "wsel/pretrained/model_list.h"

namespace wsel::cli {
namespace {

struct ModelsArgs {
  std::string search;
  bool json = false;
};

void PrintModels(const std::string& search) {
  const auto found = pretrained::FoundModels(search);
  if (!found.empty()) fmt::print("{}", pretrained::ModelTable(found));
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
       "Only those with all of these words in name, aliases or family; as "
       "text also the weights of such names that timm publishes")
      ->type_name("WORDS");
  c->add_flag("--json", args->json,
              "Print the result as JSON, with all fields of each config");
  c->callback([args] {
    if (!args->json) return PrintModels(args->search);
    const auto found = pretrained::FoundModels(args->search);
    fmt::print("{}\n", pretrained::ToJson(found).dump(1));
  });
}

}  // namespace wsel::cli
